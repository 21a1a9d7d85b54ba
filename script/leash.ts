// SPDX-License-Identifier: AGPL-3.0-only
import { type SpawnOptionsWithoutStdio, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * Runs its arguments as a command that is killed, with all that it started, when our end of the pipe is closed: by us,
 * or by whatever ends us.
 */
const LEASH = 'exec 3<&0; "$@" 3<&- & pid=$!; { cat <&3 >/dev/null; kill -9 0; } 2>/dev/null & wait "$pid"';

/** Many times what anything takes on two cores: whoever waits longer waits for nothing. */
const PATIENCE_SECONDS = 240;

/** A process that does not outlive ours, however that ends; `kill` ends it at once, wherever it is. */
export function leashed(command: string, args: readonly string[], options: SpawnOptionsWithoutStdio = {}) {
  const child = spawn("sh", ["-c", LEASH, "sh", command, ...args], {
    ...options,
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own, which is what is killed.
    detached: true,
  });
  return { child, kill: () => void child.stdin.end() };
}

/** Such a process, once it has said where it listens: what `pattern` has in brackets. Fails if it ends, or takes long. */
export async function listening(
  name: string,
  pattern: RegExp,
  ...process: Parameters<typeof leashed>
): Promise<{ at: string; stop: () => void }> {
  const { child, kill: stop } = leashed(...process);
  let said = "";
  const heard = new Promise<string>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      said += chunk;
      const at = pattern.exec(said)?.[1];
      if (at !== undefined) resolve(at);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.once("error", reject);
    child.once("close", () => reject(new Error(`${name} ended\n${said}`)));
  });
  try {
    return { at: await within(`${name} to listen`, heard, { more: () => said }), stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Waits, but not for ever: says what did not come, and what `more` is known about it by then. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  { seconds = PATIENCE_SECONDS, more = (): string => "" } = {},
): Promise<T> {
  const late = sleep(seconds * 1_000, undefined, { ref: false }).then(() => {
    throw new Error(`waited ${seconds} seconds in vain for ${what}\n${more()}`.trimEnd());
  });
  return Promise.race([promise, late]);
}
