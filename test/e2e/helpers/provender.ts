// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));

export interface Ended {
  /** Null if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** One command in a process of its own, which inherits none of our settings. */
export function start(args: readonly string[], { env = {}, cwd = tmpdir() }: Options = {}): Running {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [ENTRY, ...args], {
    cwd,
    env: { PATH, HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

export function provender(args: readonly string[], options: Options = {}): Promise<Ended> {
  return start(args, options).ended;
}

/** For a command that must succeed: what it printed as JSON. */
export async function provenderJson<T>(args: readonly string[], options: Options = {}): Promise<T> {
  const { code, stdout, stderr } = await provender([...args, "--json"], options);
  if (code !== 0) throw new Error(`provender ${args.join(" ")} ended with ${code}\n${stdout}${stderr}`);
  return JSON.parse(stdout);
}
