// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { command } from "./print.ts";

const entry = fileURLToPath(new URL("../../service/cli/provender.mjs", import.meta.url));

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command line of the project in a process of its own. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [entry, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Shows and runs `provender …` as a user would, and waits for it. */
async function provender(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  command(`npx provender ${args.join(" ")}`);
  const child = start(args, env);
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit) => resolve(exit ?? 1));
  });
  return { code, stdout, stderr };
}

/** As `provender`, and throws with what it printed unless it ends with `expected`. */
export async function mustRun(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  expected = 0,
): Promise<Outcome> {
  const outcome = await provender(args, env);
  if (outcome.code !== expected) {
    throw new Error(
      `provender ${args[0]} ended with ${outcome.code}, expected ${expected}\n${outcome.stdout}${outcome.stderr}`,
    );
  }
  return outcome;
}
