// SPDX-License-Identifier: AGPL-3.0-only
import { type CommissionEntry, commissionStep, EMPTY_ACCUMULATOR, NO_OVERRIDE } from "../core/ids.ts";
import type { Address, Hex } from "../core/types.ts";
import { ChainError } from "./errors.ts";

/** One logged change of a commission entry; source zero is the default. */
export interface CommissionChange extends CommissionEntry {
  readonly rollingHash: Hex;
}

const DEFAULT_SOURCE: Address = "0x0000000000000000000000000000000000000000";

/** The rate for `source` that was in force at `time`, in bps. */
export function commissionAt(changes: readonly CommissionChange[], source: Address, time: bigint): number {
  const override = entryAt(changes, source, time);
  return override === NO_OVERRIDE ? entryAt(changes, DEFAULT_SOURCE, time) : override;
}

function entryAt(changes: readonly CommissionChange[], source: Address, time: bigint): number {
  let inForce: number = NO_OVERRIDE;
  let scheduled: CommissionChange | undefined;
  for (const change of changes) {
    if (change.source !== source || change.announcedAt > time) continue;
    // A newer change replaces one that is only scheduled.
    if (scheduled !== undefined && scheduled.effectiveAt <= change.announcedAt) inForce = scheduled.bps;
    scheduled = change;
  }
  if (scheduled !== undefined && scheduled.effectiveAt <= time) inForce = scheduled.bps;
  return inForce;
}

/** The changes against the registry's sequence number and rolling hash of the prover. */
export function checkCommissions(
  prover: Address,
  changes: readonly CommissionChange[],
  onChain: { readonly sequence: bigint; readonly hash: Hex },
): void {
  let hash = EMPTY_ACCUMULATOR;
  let sequence = 0n;
  for (const change of changes) {
    sequence++;
    if (change.sequence !== sequence) {
      throw inconsistent(prover, sequence, change.sequence > sequence ? "missing" : "out of order");
    }
    hash = commissionStep(hash, change);
    if (hash !== change.rollingHash) throw inconsistent(prover, sequence, "altered");
  }
  if (sequence < onChain.sequence) throw inconsistent(prover, sequence + 1n, "missing");
  if (sequence > onChain.sequence) throw inconsistent(prover, onChain.sequence + 1n, "not the chain's");
  if (hash !== onChain.hash) throw inconsistent(prover, sequence, "altered");
}

function inconsistent(prover: Address, sequence: bigint, what: string): ChainError {
  return new ChainError(
    "inconsistent",
    `commission change ${sequence} of prover ${prover} is ${what} in the logs`,
    "the endpoint's logs contradict its state: use another endpoint",
  );
}
