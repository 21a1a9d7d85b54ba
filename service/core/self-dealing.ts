// SPDX-License-Identifier: AGPL-3.0-only
import { type Pot, potOf, rewardsOf } from "./rewards.ts";
import type { Address, PolicyV1, ProverInput } from "./types.ts";

/**
 * Somebody who asks for a proof, wins the request and delivers it pays itself: the fee comes back as commission and
 * vault assets, less the protocol fee. So `profit = reward − protocolFee`, where the reward is what the bought work
 * adds. Gas, bonds, idle capital and other people's part of the vault only make it worse; the dealer's stake is
 * taken to be as much as any rule asks for.
 */
export interface Deal {
  /** What the proofs it bought of itself cost. */
  readonly protocolFee: bigint;
  readonly reward: bigint;
  readonly profit: bigint;
}

/** Work and the protocol fees that brought it. */
export type Bought = Pick<ProverInput, "work" | "protocolFees">;

const NOTHING: Bought = { work: 0n, protocolFees: 0n };

/** The most work for its protocol fees that any prover of the epoch did: what a dealer would buy. */
export function bestBargain(provers: readonly ProverInput[]): Bought | undefined {
  let best = NOTHING;
  for (const { work, protocolFees } of provers) {
    // Beside nothing, any work for any protocol fee is better.
    if (protocolFees > 0n && work * best.protocolFees >= best.work * protocolFees)
      best = { work, protocolFees };
  }
  return best.work === 0n ? undefined : best;
}

export interface DealTerms {
  readonly bargain: Bought;
  readonly protocolFee: bigint;
  /** What the dealer has of the pot's work already, with the protocol fees for it. */
  readonly had?: Bought;
}

/**
 * What work bought of oneself for so much protocol fee, in wei, at the ratio of the bargain, adds to an epoch that
 * would have been `pot`. The work is rounded down; the profit may be negative.
 */
export function dealOf(policy: PolicyV1, pot: Pot, { bargain, protocolFee, had = NOTHING }: DealTerms): Deal {
  const has = {
    work: had.work + (protocolFee * bargain.work) / bargain.protocolFees,
    protocolFees: had.protocolFees + protocolFee,
  };
  const others = { ...pot, work: pot.work - had.work };
  const reward = rewardOf(policy, others, has) - rewardOf(policy, others, had);
  return { protocolFee, reward, profit: reward - protocolFee };
}

/**
 * The best that provers who worked for others can make by dealing with themselves too: what others paid for may leave
 * room under fee match. Undefined if none of them gains.
 */
export function bestDeal(
  policy: PolicyV1,
  pot: Pot,
  provers: readonly ProverInput[],
  bargain: Bought,
): (Deal & { readonly prover: Address }) | undefined {
  const excluded = new Set(policy.guards.exclusions.map(({ prover }) => prover));
  let best: (Deal & { readonly prover: Address }) | undefined;
  for (const { prover, work, protocolFees } of provers) {
    if (work === 0n || excluded.has(prover)) continue;
    const had = { work, protocolFees };
    const deal = mostProfit(pot.offered, (protocolFee) => dealOf(policy, pot, { bargain, protocolFee, had }));
    if (deal.profit > (best?.profit ?? 0n)) best = { prover, ...deal };
  }
  return best;
}

/** Each further unit earns no more than the one before, so the best is where profit stops to grow. */
function mostProfit(offered: bigint, deal: (protocolFee: bigint) => Deal): Deal {
  let [low, high] = [0n, offered];
  while (high - low > 2n) {
    const third = (high - low) / 3n;
    const [left, right] = [low + third, high - third];
    if (deal(left).profit < deal(right).profit) low = left;
    else high = right;
  }
  return deal(low + (high - low) / 2n);
}

/** To a dealer it makes no difference how the others divide their part: they are one prover here. */
function rewardOf(policy: PolicyV1, others: Pot, own: Bought): bigint {
  const rest = { ...IDLE, prover: OTHERS, work: others.work, stake: others.stake };
  const dealer = { ...IDLE, ...own, prover: DEALER, stake: plentyFor(policy, others) };
  const provers = [rest, dealer];
  return rewardsOf(policy, potOf(others.offered, provers), provers)[1]?.amount ?? 0n;
}

/** After every other address, and excluded by nobody. */
const DEALER: Address = `0x${"f".repeat(40)}`;
const OTHERS: Address = `0x${"0".repeat(40)}`;
const IDLE = { vault: OTHERS, fulfilments: 0, misses: 0, fees: 0n, protocolFees: 0n, commissionBps: 0 };
const MUCH = 1_000_000n;

/** So much stake that no minimum binds, and a cap no more than it must. */
function plentyFor({ id, params, guards }: PolicyV1, { offered, stake }: Pot): bigint {
  if (id === "capped") return guards.minStake + (offered + 1n) * params.capDenominator;
  return guards.minStake + MUCH * (stake + 1n);
}
