// SPDX-License-Identifier: AGPL-3.0-only
// npm run demo: a whole epoch on a local chain. Everything that it starts ends with it, however it ends.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { serve } from "./api.ts";
import { auction } from "./auction.ts";
import { keepMining } from "./local-chain.ts";
import { startNodes } from "./nodes.ts";
import { finish } from "./print.ts";
import { leave, pay, settle } from "./rewards.ts";
import { suggest } from "./roles.ts";
import { prepare } from "./setup.ts";
import { deliver, miss } from "./work.ts";

const FOLDER = join(".provender", "demo");
/** Holds the number of the process. */
const RUNNING = "process";
const USAGE = 2;
const INTERRUPTED = 130;

const { ci = false, dataDir } = new Command("npm run demo --")
  .description("A whole epoch of a prover network on a local chain, in about a minute; stays up with an API.")
  .option("--ci", "end when all is shown")
  .option("--data-dir <directory>", "where its files go: a new folder", FOLDER)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : USAGE))
  .parse()
  .opts<{ ci?: boolean; dataDir: string }>();

/** Until the viewer has seen enough; then an interruption is no failure any more. */
let showing = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(showing ? 0 : INTERRUPTED));
}

async function main(): Promise<void> {
  const given = dataDir === FOLDER ? undefined : newFolder(dataDir);
  // The paths that are shown are seen from the project.
  process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
  const folder = given ?? ownFolder();
  const stage = await prepare(folder);
  writeFileSync(join(folder, RUNNING), String(process.pid));
  const nodes = await startNodes(stage);
  const jobs = await auction(stage, nodes);
  await deliver(stage, nodes, jobs);
  await Promise.all([...nodes.values()].map((node) => node.kill()));
  await miss(stage, jobs);
  await settle(stage);
  await pay(stage);
  await leave(stage);
  const url = await serve(stage);
  finish();
  if (ci) return;
  keepMining(stage.chain.client);
  suggest(stage, url);
  showing = true;
  await new Promise(() => {});
}

/** The demo empties its own folder, and no other. */
function newFolder(path: string): string {
  if (!existsSync(path) || readdirSync(path).length === 0) return resolve(path);
  throw new Error(`--data-dir: ${path} is not empty; give a folder that is, or a new one`);
}

/** A second demo would take the files of the first away while it runs. */
function ownFolder(): string {
  const path = join(FOLDER, RUNNING);
  const running = existsSync(path) ? Number(readFileSync(path, "utf8")) : 0;
  try {
    if (running !== 0) process.kill(running, 0);
    else return FOLDER;
  } catch {
    return FOLDER;
  }
  throw new Error(`a demo runs in ${FOLDER} already (process ${running}): end it, or give --data-dir`);
}

let code = 0;
try {
  await main();
} catch (error) {
  console.error(`\n${error instanceof Error ? error.message : error}`);
  code = 1;
}
// What was started would keep this process alive.
process.exit(code);
