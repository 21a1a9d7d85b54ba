// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../core/types.ts";
import type { Difference } from "./compare.ts";
import type { LogPosition } from "./logged.ts";

/** Whom a finding speaks against, by what it is about. */
export const AGAINST = {
  registrations: "endpoint",
  commissions: "endpoint",
  vaults: "endpoint",
  claims: "endpoint",
  fulfilments: "endpoint",
  misses: "endpoint",
  segments: "endpoint",
  policy: "endpoint",
  posts: "endpoint",
  carry: "endpoint",
  snapshot: "post",
  artifact: "post",
  total: "post",
  root: "post",
  /** The file that was given, and nobody posted. */
  copy: "copy",
  /** What this epoch cannot be judged without. */
  "earlier-epoch": "earlier-epoch",
  "unknown-policy": "release",
} as const;

export type Topic = keyof typeof AGAINST;

/** One log, as a report names it. */
export interface LogReference {
  readonly event: string;
  readonly block: string;
  readonly transaction: Hex;
  readonly logIndex: number;
}

/** One reason why a verdict is not a match. */
export interface Finding {
  readonly topic: Topic;
  readonly message: string;
  readonly prover?: Address | undefined;
  readonly difference?: Difference;
  /** The log that explains it, or stands next to the one that is missing. */
  readonly log?: LogReference | undefined;
}

/** How a report names a log: what was a bigint is a decimal string. */
export function referTo({ event, block, transaction, index }: LogPosition): LogReference {
  return { event, block: String(block), transaction, logIndex: index };
}
