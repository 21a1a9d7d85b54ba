// SPDX-License-Identifier: AGPL-3.0-only
import { alloc } from "./alloc.ts";
import { BPS } from "./guard.ts";
import type { LimitedBy, Policy, PolicyRule, ProverInput } from "./types.ts";

export interface Reward {
  readonly amount: bigint;
  readonly limitedBy: LimitedBy;
}

/** What an epoch offers, and the sums that divide it. */
export interface Pot {
  /** B: budget and carry. */
  readonly offered: bigint;
  /** W: the work of all provers, excluded ones too. */
  readonly work: bigint;
  /** S: the stake of all provers with work. */
  readonly stake: bigint;
}

export function potOf(offered: bigint, provers: readonly ProverInput[]): Pot {
  let work = 0n;
  let stake = 0n;
  for (const prover of provers) {
    work += prover.work;
    if (prover.work > 0n) stake += prover.stake;
  }
  return { offered, work, stake };
}

/** How a prover's amount comes about. */
export interface Working {
  readonly part: bigint;
  /** In the order in which they are applied. */
  readonly limits: readonly Limit[];
}

export interface Limit {
  readonly limitedBy: Exclude<LimitedBy, "none">;
  readonly atMost: bigint;
}

/**
 * The amount of each prover, in the order given, which must be ascending by address. Every step can only lower the
 * prover's part of the work, and what it takes is never dealt to others.
 */
export function rewardsOf(policy: Policy, pot: Pot, provers: readonly ProverInput[]): Reward[] {
  return workingsOf(policy, pot, provers).map(({ part, limits }) =>
    limits.reduce<Reward>(
      (reward, { limitedBy, atMost }) => (reward.amount > atMost ? { amount: atMost, limitedBy } : reward),
      { amount: part, limitedBy: "none" },
    ),
  );
}

/** Each prover's part of the work, and every step that may lower it; the order is that of `rewardsOf`. */
export function workingsOf(policy: Policy, pot: Pot, provers: readonly ProverInput[]): Working[] {
  const { exclusions, feeMatchBps, minStake } = policy.guards;
  const excluded = new Set(exclusions.map(({ prover }) => prover));
  const parts = partsOfWork(policy, pot, provers);
  return provers.map((prover, i) => {
    const limits: Limit[] = [];
    if (excluded.has(prover.prover)) limits.push({ limitedBy: "excluded", atMost: 0n });
    if (prover.stake < minStake) limits.push({ limitedBy: "min-stake", atMost: 0n });
    const cap = stakeCap(policy, pot, prover.stake);
    if (cap !== undefined) limits.push({ limitedBy: "stake", atMost: cap });
    if (feeMatchBps !== null) {
      limits.push({ limitedBy: "fee-match", atMost: (BigInt(feeMatchBps) * prover.protocolFees) / BPS });
    }
    return { part: parts[i] as bigint, limits };
  });
}

function partsOfWork(policy: Policy, { offered, work }: Pot, provers: readonly ProverInput[]): bigint[] {
  if (work === 0n) return provers.map(() => 0n);
  if (policy.id === "work") {
    return alloc(
      offered,
      provers.map((prover) => prover.work),
    );
  }
  return provers.map((prover) => (offered * prover.work) / work);
}

function stakeCap(policy: PolicyRule, { offered, stake: sum }: Pot, stake: bigint): bigint | undefined {
  switch (policy.id) {
    case "capped":
      return (stake * policy.params.capNumerator) / policy.params.capDenominator;
    case "min-share":
      return sum === 0n
        ? 0n
        : (offered * policy.params.boostNumerator * stake) / (policy.params.boostDenominator * sum);
    case "work":
      return undefined;
  }
}
