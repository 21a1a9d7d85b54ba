// SPDX-License-Identifier: AGPL-3.0-only
import {
  EMPTY_ACCUMULATOR,
  type FulfilmentEntry,
  fulfilmentStep,
  type MissEntry,
  missStep,
} from "../core/ids.ts";
import type { Address, Hex } from "../core/types.ts";
import { ChainError } from "./errors.ts";
import type { ProverHistory, VaultPoint } from "./history.ts";

export interface Accumulator {
  readonly hash: Hex;
  readonly count: bigint;
}

/** The epoch's fulfilment logs, in chain order, against the market's accumulator. */
export function checkFulfilments(
  epoch: number,
  logs: readonly FulfilmentEntry[],
  onChain: Accumulator,
): void {
  checkAccumulated("fulfilment", epoch, logs, onChain, fulfilmentStep);
}

/** The logs of the misses whose deadline the epoch holds, in chain order, against the market's accumulator. */
export function checkMisses(epoch: number, logs: readonly MissEntry[], onChain: Accumulator): void {
  checkAccumulated("miss", epoch, logs, onChain, missStep);
}

function checkAccumulated<Entry extends { readonly sequence: bigint }>(
  kind: "fulfilment" | "miss",
  epoch: number,
  logs: readonly Entry[],
  onChain: Accumulator,
  step: (previous: Hex, entry: Entry) => Hex,
): void {
  const complain = (sequence: bigint, what: string) =>
    inconsistent(`epoch ${epoch}: ${kind} ${sequence} of ${onChain.count} ${what}`);
  let hash = EMPTY_ACCUMULATOR;
  let sequence = 0n;
  for (const log of logs) {
    sequence++;
    if (sequence > onChain.count) throw complain(sequence, "is in the logs, but not the chain's");
    if (log.sequence !== sequence) {
      const later = logs.some((other) => other.sequence === sequence);
      throw complain(sequence, later ? "is out of order in the logs" : "is missing from the logs");
    }
    hash = step(hash, log);
  }
  if (sequence < onChain.count) throw complain(sequence + 1n, "is missing from the logs");
  if (hash !== onChain.hash) {
    throw inconsistent(
      `epoch ${epoch}: the logs of its ${onChain.count} ${kind === "miss" ? "misses" : "fulfilments"} hash to ${hash}, the market holds ${onChain.hash}: one of them was altered`,
    );
  }
}

/** A vault's changes of active assets, each against the one before it, and the last against the vault's state. */
export function checkVaultPoints(
  vault: Address,
  points: readonly VaultPoint[],
  onChain: { readonly active: bigint; readonly activeSeconds: bigint; readonly time: bigint },
): void {
  let before: VaultPoint | undefined;
  for (const point of points) {
    const sum = before === undefined ? 0n : sumAt(before, point.time);
    if (point.activeSeconds !== sum) {
      const since = before === undefined ? "its creation" : `block ${before.block}`;
      throw inconsistent(
        `vault ${vault}: a change of active assets is missing from the logs between ${since} and block ${point.block}`,
      );
    }
    before = point;
  }
  if (
    before?.active !== onChain.active ||
    before.activeSeconds !== onChain.activeSeconds ||
    before.time !== onChain.time
  ) {
    const since = before === undefined ? "its creation" : `block ${before.block}`;
    throw inconsistent(
      `vault ${vault}: a change of active assets is missing from the logs after ${since} (the vault holds ${onChain.active} since ${onChain.time})`,
    );
  }
}

/** A prover's claims against what the registry has booked. */
export function checkClaims(
  { prover, claims }: ProverHistory,
  onChain: { readonly claimed: bigint; readonly claimedCommission: bigint },
): void {
  const claimed = claims.at(-1)?.cumulative ?? 0n;
  const commission = claims.reduce((sum, claim) => sum + claim.commission, 0n);
  if (claimed !== onChain.claimed || commission !== onChain.claimedCommission) {
    throw inconsistent(
      `prover ${prover}: a claim is missing from the logs (they give ${claimed}, the registry ${onChain.claimed})`,
    );
  }
}

export function inconsistent(message: string): ChainError {
  return new ChainError(
    "inconsistent",
    message,
    "the endpoint's logs contradict its state: use another endpoint",
  );
}

function sumAt(point: VaultPoint, time: bigint): bigint {
  return point.activeSeconds + point.active * (time - point.time);
}
