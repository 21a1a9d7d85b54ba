// SPDX-License-Identifier: AGPL-3.0-only
// What the service never hashes from values: it takes the words of a fulfilment from its log, and of a commission change
// the hash that the registry logged.
import { hashWords } from "../../../service/core/ids.ts";
import type { Address, Hex } from "../../../service/core/types.ts";

export interface FulfilmentEntry {
  /** Counts from 1 in every epoch. */
  readonly sequence: bigint;
  readonly requestId: Hex;
  readonly prover: Address;
  readonly requester: Address;
  readonly statementId: Hex;
  readonly fee: bigint;
  readonly protocolFee: bigint;
  readonly weight: bigint;
  readonly countedWeight: bigint;
  readonly timestamp: bigint;
}

export interface CommissionEntry {
  /** Counts from 1 for each prover. */
  readonly sequence: bigint;
  readonly source: Address;
  readonly bps: number;
  readonly announcedAt: bigint;
  readonly effectiveAt: bigint;
}

/** The accumulator of an epoch's fulfilments after one more. */
export function fulfilmentStep(previous: Hex, entry: FulfilmentEntry): Hex {
  const { requestId, prover, requester, statementId } = entry;
  const amounts = [entry.fee, entry.protocolFee, entry.weight, entry.countedWeight, entry.timestamp];
  return hashWords([previous, entry.sequence, requestId, prover, requester, statementId, ...amounts]);
}

/** The rolling hash of a prover's commission changes after one more. */
export function commissionStep(previous: Hex, entry: CommissionEntry): Hex {
  const { sequence, source, bps, announcedAt, effectiveAt } = entry;
  return hashWords([previous, sequence, source, BigInt(bps), announcedAt, effectiveAt]);
}
