// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";

/**
 * Runs its arguments as a command that is killed, with all that it started, when our end of the pipe is closed: by us,
 * or by whatever ends us.
 */
const LEASH = 'exec 3<&0; "$@" 3<&- & pid=$!; { cat <&3 >/dev/null; kill -9 0; } 2>/dev/null & wait "$pid"';

export interface Leashed {
  readonly child: ChildProcessWithoutNullStreams;
  /** Ends the process at once, wherever it is. */
  readonly kill: () => void;
}

/** A process that does not outlive ours, however that ends. */
export function leashed(
  command: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Leashed {
  const child = spawn("sh", ["-c", LEASH, "sh", command, ...args], {
    ...options,
    stdio: ["pipe", "pipe", "pipe"],
    // A group of its own, which is what is killed.
    detached: true,
  });
  return { child, kill: () => void child.stdin.end() };
}
