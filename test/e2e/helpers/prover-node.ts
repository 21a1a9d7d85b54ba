// SPDX-License-Identifier: AGPL-3.0-only
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Hex } from "viem";
import { leashed } from "../../service/helpers/leash.ts";
import { type Network, privateKeyOf, type Role } from "./network.ts";

const TSX = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
const ENTRY = fileURLToPath(new URL("../../../script/prover/main.ts", import.meta.url));

/** One line of a node's log. */
export interface Line {
  readonly event: string;
  readonly request?: Hex;
  readonly [field: string]: unknown;
}

export interface ProverNode {
  readonly lines: readonly Line[];
  /** Until its log, from the start of this process, satisfies the condition. */
  readonly until: (condition: (lines: readonly Line[]) => boolean) => Promise<readonly Line[]>;
  /** As a power cut would. */
  readonly kill: () => Promise<void>;
}

export interface NodeOptions {
  readonly dataDir: string;
  readonly args: readonly string[];
  /** Another endpoint than the chain's own. */
  readonly rpcUrl?: string;
}

/** A prover node in a process of its own, with the key of a role. */
export function startProver(network: Network, role: Role, options: NodeOptions): ProverNode {
  const { dataDir, args, rpcUrl = network.anvil.rpcUrl } = options;
  const { child, kill } = leashed(
    process.execPath,
    [
      ...["--import", TSX, ENTRY, "--every", "0.2", ...args],
      ...["--rpc", rpcUrl, "--distributor", network.distributor, "--data-dir", dataDir],
    ],
    {
      cwd: tmpdir(),
      env: { PATH: process.env.PATH, HOME: process.env.HOME, PROVENDER_PRIVATE_KEY: privateKeyOf(role) },
    },
  );
  const lines: Line[] = [];
  const waiting = new Set<() => void>();
  let unfinished = "";
  let said = "";
  let ended = false;
  child.stdout.on("data", (chunk) => {
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
          else if (ended) reject(new Error(`${role}'s node ended\n${said}${JSON.stringify(lines, null, 1)}`));
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
