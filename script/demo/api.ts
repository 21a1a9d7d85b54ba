// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout as sleep } from "node:timers/promises";
import { refreshPage } from "../page/build.ts";
import { chapter, command, good, note, say } from "./print.ts";
import { start } from "./provender.ts";
import { dataDir } from "./rewards.ts";
import type { Stage } from "./setup.ts";
import { within } from "./within.ts";

const ANSWER_MS = 60_000;

/** Serves what the job stored; resolves with the server's address once it answers. */
export async function serve(stage: Stage): Promise<string> {
  chapter("The API, and the page");
  await refreshPage();
  const args = ["serve", "--port", "0", "--rpc", stage.chain.url, "--distributor", stage.distributor];
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

/** The page asks the chain, too: for a visitor's own figures, and for the audit. */
function pageOf({ chain }: Stage, url: string): string {
  return `${url}/?rpc=${chain.url}`;
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

export function suggest(stage: Stage, url: string): void {
  const on = `--rpc ${stage.chain.url} --distributor ${stage.distributor}`;
  say("Open this in a browser: every prover, what it earned, and a button that recomputes it:");
  good(pageOf(stage, url));
  say("Or try next, while this stays up (Ctrl-C ends it):");
  note(`curl ${url}/v1/epochs`);
  note(`curl ${url}/v1/provers/${stage.cast.provers[0]?.address}/proof`);
  note(`open ${url}/docs in a browser`);
  note(`npx provender epoch status ${on}`);
  note(`npx provender audit --epoch 0 ${on} --json`);
}
