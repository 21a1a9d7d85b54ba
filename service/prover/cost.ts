// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../core/types.ts";

const BPS = 10_000n;

export interface ProgramCost {
  /** In wei. */
  readonly cost: bigint;
  /** How long a zk proof takes, if that is known. */
  readonly seconds?: number | undefined;
}

/** What a zk proof costs its prover. The price of an auction is the second-lowest bid, so bidding one's cost is best. */
export interface CostRule {
  /** For programs without a cost of their own; without it, those are not bid for. */
  readonly base: ProgramCost | undefined;
  readonly byProgram: ReadonlyMap<Hex, ProgramCost>;
  /** How much dearer each job in hand makes the next one: machines are finite. */
  readonly loadBps: bigint;
  /** Never to bid less, in wei. */
  readonly reserve: bigint;
}

/** The fee to bid, in wei, rounded up; none for a program that is not to be proven. */
export function feeFor(rule: CostRule, programKey: Hex, jobsInHand: number): bigint | undefined {
  const cost = costOf(rule, programKey)?.cost;
  if (cost === undefined) return undefined;
  const loaded = cost * (BPS + rule.loadBps * BigInt(jobsInHand));
  const fee = (loaded + BPS - 1n) / BPS;
  return fee > rule.reserve ? fee : rule.reserve;
}

/** How many seconds a program's zk proof takes, if that is known. */
export function secondsFor(rule: CostRule, programKey: Hex): number | undefined {
  return costOf(rule, programKey)?.seconds;
}

function costOf({ byProgram, base }: CostRule, programKey: Hex): ProgramCost | undefined {
  return byProgram.get(programKey) ?? base;
}
