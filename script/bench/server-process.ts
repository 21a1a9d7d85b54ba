// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Outcome, type TaskName, type TaskOf, workerCommand } from "./worker.ts";

export const COMMAND = fileURLToPath(new URL("../../service/cli/provender.mjs", import.meta.url));

export interface ServerProcess<Said = { readonly url: string }> {
  /** What it said once it listened. */
  readonly said: Said;
  readonly usage: () => ReturnType<typeof usageOf>;
  readonly stop: () => void;
}

/** A server in a process of its own: a task that goes on after it gave the `url` where it listens. */
export function startWorker<Name extends TaskName>(
  name: Name,
  task: TaskOf<Name>,
): Promise<ServerProcess<Outcome<Name>>> {
  return startServer(workerCommand(name, task));
}

/** `provender serve`. */
export function provenderServe(flags: readonly string[]): Promise<ServerProcess> {
  return startServer([COMMAND, "serve", ...flags, "--json", "--port", "0", "--rate-limit", "0"]);
}

async function startServer<Said>(args: readonly string[]): Promise<ServerProcess<Said>> {
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const said = await new Promise<Said>((resolve, reject) => {
    child.stdout.once("data", (line) => resolve(JSON.parse(String(line))));
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { said, usage: () => usageOf(child), stop: () => void child.kill("SIGKILL") };
}

/** What a running process has used so far, to the nanosecond; what it holds, and held at most. */
export function usageOf({ pid }: ChildProcess) {
  const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, "utf8");
  const ofThreads = readdirSync(`/proc/${pid}/task`).map((id) => parseInt(read(`task/${id}/schedstat`), 10));
  const megabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(read("status"))?.[1]) * 1_024) / 1e6;
  return {
    cpuSeconds: ofThreads.reduce((sum, nanoseconds) => sum + nanoseconds) / 1e9,
    megabytes: megabytes("VmRSS"),
    peakMegabytes: megabytes("VmHWM"),
  };
}
