// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../../service/core/types.ts";

const BPS = 10_000n;

/** What a zk proof costs its prover. The price of an auction is the second-lowest bid, so bidding one's cost is best. */
export interface CostRule {
  /** In wei, for programs without a cost of their own; without it, those are not bid for. */
  readonly base: bigint | undefined;
  readonly byProgram: ReadonlyMap<Hex, bigint>;
  /** How much dearer each job in hand makes the next one: machines are finite. */
  readonly loadBps: bigint;
}

/** The fee to bid, rounded up; none for a program that is not to be proven. */
export function feeFor(rule: CostRule, programKey: Hex, jobsInHand: number): bigint | undefined {
  const cost = rule.byProgram.get(programKey) ?? rule.base;
  if (cost === undefined) return undefined;
  const loaded = cost * (BPS + rule.loadBps * BigInt(jobsInHand));
  return (loaded + BPS - 1n) / BPS;
}
