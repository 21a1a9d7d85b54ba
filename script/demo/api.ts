// SPDX-License-Identifier: AGPL-3.0-only
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { statementOf } from "../devzk/machine.ts";
import { runUri } from "../devzk/run.ts";
import { refreshPage } from "../page/build.ts";
import { privateKeyOf } from "./cast.ts";
import { chapter, command, good, note, say } from "./print.ts";
import { start } from "./provender.ts";
import { dataDir } from "./rewards.ts";
import { rolesOf } from "./roles.ts";
import type { Stage } from "./setup.ts";
import { within } from "./within.ts";

const ANSWER_MS = 60_000;

/** Serves what the job stored; resolves with the server's address once it answers. */
export async function serve(stage: Stage): Promise<string> {
  chapter("The API, and the page");
  await refreshPage();
  const { chain, record } = stage;
  const chains = ["--rpc", chain.url, "--public-rpc", chain.url];
  const args = ["serve", "--port", "0", ...chains, "--deployment", record];
  command(`npx provender ${args.join(" ")}`);
  const { child } = start(args, { PROVENDER_DATA_DIR: dataDir(stage) });
  let printed = "";
  const listening = new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      printed += chunk;
      const url = /http:\/\/[\w.:]+\d/.exec(printed)?.[0];
      if (url !== undefined) resolve(url);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("close", () => reject(new Error(`the API ended\n${printed}`)));
  });
  const url = await within("the API to listen", listening, { more: () => printed });
  await within("the API to be ready", untilReady(url), { more: () => printed });
  return url;
}

async function untilReady(url: string): Promise<void> {
  while (!(await fetch(`${url}/ready`, { signal: AbortSignal.timeout(ANSWER_MS) })).ok) await sleep(200);
}

async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** What the server has to say about the epoch and the first prover. */
export async function ask(stage: Stage, url: string): Promise<void> {
  const [prover] = stage.cast.provers;
  const { cumulative } = await getJson<{ cumulative: string }>(`${url}/v1/provers/${prover?.address}/proof`);
  await getJson(`${url}/v1/epochs/0`);
  if (BigInt(cumulative) === 0n) throw new Error(`${prover?.name} must have earned something`);
  good(`epochs, provers and their Merkle proofs are served at ${url}`);
}

/** What to try as each role, in another terminal: the README's table of roles, with this chain's values. */
export function suggest(stage: Stage, url: string): void {
  const { chain, cast, programs, folder } = stage;
  const [program] = programs.development;
  const prover = cast.provers[0]?.address;
  if (program === undefined) throw new Error("there is nothing to ask for");
  const run = { program: program.code, input: BigInt(Date.now()) };
  const keyOf = (account: `0x${string}`) => privateKeyOf(chain.accounts.indexOf(account));
  say("Try next, in another terminal in this folder, while this stays up (Ctrl-C ends it):");
  for (const [name, value] of [
    ["PROVENDER_RPC_URL", chain.url],
    ["PROVENDER_DEPLOYMENT", stage.record],
    ["PROVENDER_DATA_DIR", join(folder, "viewer")],
    ["PROVENDER_PRIVATE_KEY", keyOf(cast.viewer)],
    ["PROVER", prover],
    ["PROGRAM", program.programKey],
    ["DIGEST", statementOf(run.program, run.input).publicValuesDigest],
    ["INPUT", runUri(run)],
    ["BACKEND", "node script/run.mjs script/devzk/main.ts"],
  ]) {
    note(`export ${name}='${value}'`);
  }
  let account = cast.viewer;
  for (const role of rolesOf(stage)) {
    note(role.who);
    if (role.account !== account) command(`export PROVENDER_PRIVATE_KEY='${keyOf(role.account)}'`);
    account = role.account;
    for (const each of role.commands) command(`npx provender ${each}`);
  }
  note(`over HTTP: ${url}/v1/epochs, and in a browser ${url}/ and ${url}/docs`);
}
