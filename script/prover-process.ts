// SPDX-License-Identifier: AGPL-3.0-only
import { EventEmitter, once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Hex } from "../service/core/types.ts";
import { leashed, within } from "./leash.ts";

const ENTRY = fileURLToPath(new URL("../service/cli/provender.mjs", import.meta.url));

/** Shown of its log where something did not come. */
const LAST_LINES = 20;

/** One line of a node's log. */
export interface Line {
  readonly event: string;
  readonly request?: Hex;
  readonly [field: string]: unknown;
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

export type ProverProcess = ReturnType<typeof spawnProver>;

/** A prover node in a process of its own, which does not outlive ours. */
export function spawnProver({ args, name, log, ...options }: ProcessOptions) {
  const { child, kill } = leashed(process.execPath, [ENTRY, "prover", "run", "--json", ...args], options);
  const lines: Line[] = [];
  // Many may wait at a time.
  const news = new EventEmitter().setMaxListeners(0);
  let unfinished = "";
  let said = "";
  let ended = false;
  child.stdout.on("data", (chunk) => {
    log?.(String(chunk));
    const parts = `${unfinished}${chunk}`.split("\n");
    unfinished = parts.pop() ?? "";
    lines.push(...parts.map((line) => JSON.parse(line) as Line));
    news.emit("news");
  });
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const gone = once(child, "close").then(() => {
    ended = true;
    news.emit("news");
  });
  return {
    lines: lines as readonly Line[],
    /** Until its log, from the start of this process, satisfies the condition. Fails if the process ends, or takes long. */
    async until(condition: (lines: readonly Line[]) => boolean, what = "tell it"): Promise<readonly Line[]> {
      const more = () => [said, ...lines.slice(-LAST_LINES).map((line) => JSON.stringify(line))].join("\n");
      const waiting = async () => {
        while (!condition(lines)) {
          if (ended) throw new Error(`${name}'s node ended\n${more()}`);
          await once(news, "news");
        }
      };
      await within(`${name}'s node to ${what}`, waiting(), { more });
      return lines;
    },
    /** As a power cut would. */
    async kill(): Promise<void> {
      kill();
      await within(`${name}'s node to end`, gone);
    },
  };
}

/** Of how many requests a log tells an event. */
export function countOf(lines: readonly Line[], ...events: readonly string[]): number {
  return new Set(lines.filter(({ event }) => events.includes(event)).map(({ request }) => request)).size;
}
