// SPDX-License-Identifier: AGPL-3.0-only
import { NO_OVERRIDE } from "./ids.ts";
import type { Address } from "./types.ts";

/** One announced change of a commission entry; source zero is the default. */
export interface RateChange {
  readonly source: Address;
  readonly bps: number;
  readonly announcedAt: bigint;
  readonly effectiveAt: bigint;
}

/** The entry of all sources without one of their own. */
export const DEFAULT_SOURCE: Address = "0x0000000000000000000000000000000000000000";

/**
 * The rate for `source` that was in force at `time`, in bps (SPEC, 5); `changes` in the order of their sequence
 * numbers, their sources and `source` in lower case. 65,535 (`NO_OVERRIDE`) if not even the default was in force.
 */
export function commissionAt(changes: readonly RateChange[], source: Address, time: bigint): number {
  const override = entryAt(changes, source, time);
  return override === NO_OVERRIDE ? entryAt(changes, DEFAULT_SOURCE, time) : override;
}

function entryAt(changes: readonly RateChange[], source: Address, time: bigint): number {
  let inForce: number = NO_OVERRIDE;
  let scheduled: RateChange | undefined;
  for (const change of changes) {
    if (change.source !== source || change.announcedAt > time) continue;
    // A newer change replaces one that is only scheduled.
    if (scheduled !== undefined && scheduled.effectiveAt <= change.announcedAt) inForce = scheduled.bps;
    scheduled = change;
  }
  if (scheduled !== undefined && scheduled.effectiveAt <= time) inForce = scheduled.bps;
  return inForce;
}
