// SPDX-License-Identifier: AGPL-3.0-only
import { fileURLToPath } from "node:url";
import type { Hex } from "../service/core/types.ts";
import { leashed } from "./leash.ts";

const ENTRY = fileURLToPath(new URL("../service/cli/provender.mjs", import.meta.url));

/** One line of a node's log. */
export interface Line {
  readonly event: string;
  readonly request?: Hex;
  readonly [field: string]: unknown;
}

export interface ProverProcess {
  readonly lines: readonly Line[];
  /** Until its log, from the start of this process, satisfies the condition. Fails if the process ends before. */
  readonly until: (condition: (lines: readonly Line[]) => boolean) => Promise<readonly Line[]>;
  /** As a power cut would. */
  readonly kill: () => Promise<void>;
}

export interface ProcessOptions {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Whose it is, for messages. */
  readonly name: string;
  /** Gets what it writes to stdout, as it comes. */
  readonly log?: (text: string) => void;
}

/** A prover node in a process of its own, which does not outlive ours. */
export function spawnProver({ args, name, log, ...options }: ProcessOptions): ProverProcess {
  const { child, kill } = leashed(process.execPath, [ENTRY, "prover", "run", "--json", ...args], options);
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let unfinished = "";
  let said = "";
  let ended = false;
  child.stdout.on("data", (chunk) => {
    log?.(String(chunk));
    const parts = `${unfinished}${chunk}`.split("\n");
    unfinished = parts.pop() ?? "";
    lines.push(...parts.map((line) => JSON.parse(line) as Line));
    for (const check of waiting) check();
  });
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const gone = new Promise<void>((resolve) => {
    child.once("close", () => {
      ended = true;
      for (const check of waiting) check();
      resolve();
    });
  });
  return {
    lines,
    until: (condition) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (condition(lines)) resolve(lines);
          else if (ended) reject(new Error(`${name}'s node ended\n${said}${JSON.stringify(lines, null, 1)}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
    kill: () => {
      kill();
      return gone;
    },
  };
}

/** Of how many requests a log tells an event. */
export function countOf(lines: readonly Line[], ...events: readonly string[]): number {
  return new Set(lines.filter(({ event }) => events.includes(event)).map(({ request }) => request)).size;
}
