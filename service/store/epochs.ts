// SPDX-License-Identifier: AGPL-3.0-only
import type { Deployment } from "./deployment.ts";

/** What is before the clock's start is the history of all epochs. */
const BEFORE_CLOCK = -1;

/** The epoch that a timestamp, in seconds, falls in; -1 before the clock's start. */
export function epochOf(
  { clockStart, epochLength }: Pick<Deployment, "clockStart" | "epochLength">,
  time: bigint,
): number {
  return time < clockStart ? BEFORE_CLOCK : Number((time - clockStart) / epochLength);
}

/** The first second of an epoch; 0 of what is before the clock's start. */
export function startOf(
  { clockStart, epochLength }: Pick<Deployment, "clockStart" | "epochLength">,
  epoch: number,
): bigint {
  return epoch === BEFORE_CLOCK ? 0n : clockStart + BigInt(epoch) * epochLength;
}
