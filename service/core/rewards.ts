// SPDX-License-Identifier: AGPL-3.0-only
import { alloc, allocEach } from "./alloc.ts";
import { BPS } from "./guard.ts";
import type { LimitedBy, PolicyRule, PolicyV1, ProverInput } from "./types.ts";

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

/**
 * What an epoch offers, in wei, with the sums of work and of stake that it is divided by: of provers with work alone.
 */
export function potOf(offered: bigint, provers: Iterable<Pick<ProverInput, "work" | "stake">>): Pot {
  let work = 0n;
  let stake = 0n;
  for (const prover of provers) {
    const own = prover.work;
    if (own === 0n) continue;
    work += own;
    stake += prover.stake;
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
 * The amount of each prover, in wei, in the order given, which must be ascending by address (SPEC, 7). Every step
 * rounds down and can only lower the prover's part of the work; what it takes is never dealt to others.
 */
export function rewardsOf(policy: PolicyV1, pot: Pot, provers: readonly ProverInput[]): Reward[] {
  const rewards: Reward[] = [];
  const list = { length: provers.length, at: (i: number) => provers[i] as ProverInput };
  rewardEach(policy, pot, list, (i, amount, limitedBy) => {
    rewards[i] = { amount, limitedBy };
  });
  return rewards;
}

/** What of a prover its reward depends on. */
export type Earner = Pick<ProverInput, "prover" | "work" | "stake" | "protocolFees">;

/** A list that makes its items when it is asked for them. */
export interface Items<T> {
  readonly length: number;
  readonly at: (index: number) => T;
}

/** The same for provers and rewards that are kept elsewhere: what is given last is a prover's reward. */
export function rewardEach(
  policy: PolicyV1,
  pot: Pot,
  provers: Items<Earner>,
  give: (index: number, amount: bigint, limitedBy: LimitedBy) => void,
): void {
  const steps = stepsOf(policy, pot);
  const limit = (index: number, part: bigint, prover: Earner): void => {
    let amount = part;
    let by: LimitedBy = "none";
    for (const { limitedBy, atMost } of steps) {
      const most = atMost(prover);
      if (most === undefined || amount <= most) continue;
      amount = most;
      by = limitedBy;
    }
    give(index, amount, by);
  };
  if (policy.id === "work") {
    const workAt = (i: number) => provers.at(i).work;
    allocEach(pot.offered, provers.length, workAt, (i, part) => limit(i, part, provers.at(i)));
    return;
  }
  for (let i = 0; i < provers.length; i++) {
    const prover = provers.at(i);
    limit(i, partOfWork(pot, prover), prover);
  }
}

/** Each prover's part of the work, and every step that may lower it, in wei; the order is that of `rewardsOf`. */
export function workingsOf(policy: PolicyV1, pot: Pot, provers: readonly ProverInput[]): Working[] {
  const steps = stepsOf(policy, pot);
  return partsOfWork(policy, pot, provers).map((part, i) => {
    const limits = steps.flatMap(({ limitedBy, atMost }) => {
      const most = atMost(provers[i] as ProverInput);
      return most === undefined ? [] : [{ limitedBy, atMost: most }];
    });
    return { part, limits };
  });
}

interface Step {
  readonly limitedBy: Limit["limitedBy"];
  /** Undefined for a prover whom it does not concern. */
  readonly atMost: (prover: Earner) => bigint | undefined;
}

/** What a policy lowers amounts by, in this order. */
function stepsOf(policy: PolicyV1, pot: Pot): Step[] {
  const { exclusions, feeMatchBps, minStake } = policy.guards;
  const excluded = new Set(exclusions.map(({ prover }) => prover));
  const steps: Step[] = [
    {
      limitedBy: "excluded",
      atMost: (earner) => (excluded.size > 0 && excluded.has(earner.prover) ? 0n : undefined),
    },
    { limitedBy: "min-stake", atMost: ({ stake }) => (stake < minStake ? 0n : undefined) },
    { limitedBy: "stake", atMost: ({ stake }) => stakeCap(policy, pot, stake) },
  ];
  if (feeMatchBps === null) return steps;
  const bps = BigInt(feeMatchBps);
  return [...steps, { limitedBy: "fee-match", atMost: ({ protocolFees }) => (bps * protocolFees) / BPS }];
}

function partsOfWork(policy: PolicyV1, pot: Pot, provers: readonly ProverInput[]): bigint[] {
  if (policy.id !== "work") return provers.map((prover) => partOfWork(pot, prover));
  return alloc(
    pot.offered,
    provers.map((prover) => prover.work),
  );
}

/** Rounded down. */
function partOfWork({ offered, work }: Pot, earner: Pick<Earner, "work">): bigint {
  return work === 0n ? 0n : (offered * earner.work) / work;
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
