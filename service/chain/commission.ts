// SPDX-License-Identifier: AGPL-3.0-only
import { type CommissionEntry, commissionStep, EMPTY_ACCUMULATOR } from "../core/ids.ts";
import type { Address, Hex } from "../core/types.ts";
import { ChainError } from "./errors.ts";

/** One logged change of a commission entry; source zero is the default. */
export interface CommissionChange extends CommissionEntry {
  readonly rollingHash: Hex;
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
