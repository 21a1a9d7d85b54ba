// SPDX-License-Identifier: AGPL-3.0-only
import { fileURLToPath } from "node:url";
import { type Leashed, leashed } from "../leash.ts";
import { command } from "./print.ts";
import { within } from "./within.ts";

const entry = fileURLToPath(new URL("../../service/cli/provender.mjs", import.meta.url));

/** One of them compiles. */
const COMMAND_SECONDS = 900;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment without settings of the viewer's own, which would lead the commands elsewhere. */
export function bareEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("PROVENDER_")));
}

/** Starts the command line of the project in a process of its own. */
export function start(args: readonly string[], env: NodeJS.ProcessEnv): Leashed {
  return leashed(process.execPath, [entry, ...args], { env: { ...bareEnv(), ...env } });
}

/** Shows and runs `provender …` as a user would, and waits for it. */
async function provender(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> {
  const shown = `npx provender ${args.join(" ")}`;
  command(shown);
  const { child } = start(args, env);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exit) => resolve(exit ?? 1));
  });
  const code = await within(`the end of: ${shown}`, ended, {
    seconds: COMMAND_SECONDS,
    more: () => `${stdout}${stderr}`,
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
