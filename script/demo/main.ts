// SPDX-License-Identifier: AGPL-3.0-only
import type { ChildProcess } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chapter, command, good, note, say } from "./print.ts";
import { start } from "./provender.ts";
import { dataDir, pay, settle } from "./rewards.ts";
import { prepare, type Stage } from "./setup.ts";
import { auction, deliver } from "./work.ts";

const ci = process.argv.includes("--ci");
const folder = join(".provender", "demo");
const children: ChildProcess[] = [];

function stop(): void {
  for (const child of children) child.kill();
}

async function serve(stage: Stage): Promise<string> {
  chapter("The API");
  const args = ["serve", "--port", "0", "--rpc", stage.chain.url, "--distributor", stage.distributor];
  command(`npx provender ${args.join(" ")}`);
  const server = start(args, { PROVENDER_DATA_DIR: dataDir(stage) });
  children.push(server);
  let printed = "";
  server.stdout?.on("data", (chunk) => {
    printed += chunk;
  });
  server.stderr?.on("data", (chunk) => {
    printed += chunk;
  });
  for (let tries = 0; tries < 400; tries += 1) {
    const url = printed.match(/http:\/\/[\w.:]+\d/)?.[0];
    if (url !== undefined) return url;
    if (server.exitCode !== null) break;
    await sleep(50);
  }
  throw new Error(`the API did not start\n${printed}`);
}

async function getJson(url: string): Promise<unknown> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

async function main(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const stage = await prepare(folder);
  await deliver(stage, await auction(stage));
  await settle(stage);
  await pay(stage);
  const url = await serve(stage);
  const ada = stage.cast.provers[0]?.address;
  await getJson(`${url}/health`);
  await getJson(`${url}/v1/provers/${ada}/proof`);
  good(`serving proofs at ${url}`);
  if (ci) return;
  say("Try next, while this stays up (Ctrl-C ends it):");
  note(`curl ${url}/v1/epochs`);
  note(`curl ${url}/v1/provers/${ada}/proof`);
  note(`npx provender epoch status --rpc ${stage.chain.url} --distributor ${stage.distributor}`);
  note(`npx provender audit --epoch 0 --rpc ${stage.chain.url} --distributor ${stage.distributor} --json`);
  await new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
}

process.once("exit", stop);
let code = 0;
try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  code = 1;
}
// The chain's process would keep this one alive.
process.exit(code);
