// SPDX-License-Identifier: AGPL-3.0-only
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const RUN = fileURLToPath(new URL("../run.mjs", import.meta.url));
const BENCH = fileURLToPath(new URL("./main.ts", import.meta.url));

/** What is done in a process of its own: each module's `work`. */
const TASKS = {
  tree: () => import("./tree/contestants.ts"),
  "proof-server": () => import("./serve/server.ts"),
  "proof-server-of-a-peer": () => import("./serve/peers.ts"),
  audit: () => import("./audit/run.ts"),
  "audited-chain": () => import("./audit/chain.ts"),
  "generated-chain": async () => ({
    work: (await import("../../test/service/helpers/generated-chain.ts")).generatedChain,
  }),
  recording: () => import("./ingest/recording.ts"),
  ingest: () => import("./ingest/readers.ts"),
  "ingest-rpc": () => import("./ingest-rpc/readers.ts"),
  "generated-logs": () => import("./ingest-rpc/endpoint.ts"),
  epoch: () => import("./epoch/job.ts"),
  "epoch-history": () => import("./epoch/history.ts"),
  endpoints: () => import("./endpoints/reads.ts"),
  provernet: () => import("./provernet/read.ts"),
};

export type TaskName = keyof typeof TASKS;
type Work<Name extends TaskName> = Awaited<ReturnType<(typeof TASKS)[Name]>>["work"];
export type TaskOf<Name extends TaskName> = Parameters<Work<Name>>[0];
export type Outcome<Name extends TaskName> = Awaited<ReturnType<Work<Name>>>;

/** The command line of a process that does a task. */
export function workerCommand<Name extends TaskName>(name: Name, task: TaskOf<Name>): string[] {
  return ["--expose-gc", RUN, BENCH, "--worker", name, JSON.stringify(task)];
}

/** What a task gives in a new process, so that nobody pays for another's garbage or profits from its warm-up. */
export async function inWorker<Name extends TaskName>(
  name: Name,
  task: TaskOf<Name>,
): Promise<Outcome<Name>> {
  const { stdout } = await promisify(execFile)(process.execPath, workerCommand(name, task));
  return JSON.parse(stdout);
}

/** In that process, which ends with whoever started it. */
export async function workHere(name: string, task: string): Promise<void> {
  process.stdin.once("end", () => process.exit()).resume();
  if ("unref" in process.stdin) process.stdin.unref();
  const { work } = await TASKS[name as TaskName]();
  console.log(JSON.stringify((await work(JSON.parse(task) as never)) ?? null));
}
