// SPDX-License-Identifier: AGPL-3.0-only
// What the service never hashes from values: it takes the words of a fulfilment from its log, and of a commission change
// the hash that the registry logged.
import type { EventOf } from "../../../service/core/chain-event.ts";
import { hashWords } from "../../../service/core/ids.ts";
import type { Hex } from "../../../service/core/types.ts";

export interface FulfilmentEntry extends Omit<EventOf<"Fulfilled">, "name" | "id" | "epoch" | "step"> {
  readonly requestId: Hex;
}

export interface CommissionEntry
  extends Omit<EventOf<"CommissionChanged">, "name" | "prover" | "bps" | "rollingHash"> {
  readonly bps: number;
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
