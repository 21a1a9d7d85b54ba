// SPDX-License-Identifier: AGPL-3.0-only
import type { Random } from "./random.ts";

export const TOKEN = 10n ** 18n;
export const BPS = 10_000n;
/** A week. */
export const EPOCH_LENGTH = 604_800n;
const BURSTS = 6;

/** The second program may count more for its fees than the first. */
export type Program = "plain" | "favoured";

export interface Prover {
  readonly name: string;
  readonly ownStake: bigint;
  readonly outsideStake: bigint;
  /** Of the market's fees, as far as the registry allows. */
  readonly feeCommissionBps: bigint;
  readonly rewardCommissionBps: bigint;
  /** What a proof costs it, of what it costs on average. */
  readonly costBps: bigint;
}

/** What does not depend on the attack: the same requests, absences and failures for the same seed. */
export interface Demand {
  readonly epoch: number;
  readonly time: bigint;
  readonly program: Program;
  readonly statement: string;
  readonly cost: bigint;
  readonly maxFee: bigint;
  /** Who has time to bid. */
  readonly present: readonly string[];
  /** Who would miss the deadline. */
  readonly failing: readonly string[];
  /** Whether its zk proof can be seen before it is in a block. */
  readonly isPublic: boolean;
}

/** Most keep the fees that pay for proving, and share rewards with those who stake with them. */
export const HONEST: readonly Prover[] = [
  proverOf({
    name: "ada",
    own: 20_000n,
    outside: 60_000n,
    feeBps: 10_000n,
    rewardBps: 1_000n,
    costBps: 9_000n,
  }),
  proverOf({ name: "ben", own: 30_000n, outside: 0n, feeBps: 0n, rewardBps: 0n, costBps: 10_000n }),
  proverOf({
    name: "cyd",
    own: 5_000n,
    outside: 15_000n,
    feeBps: 9_000n,
    rewardBps: 2_000n,
    costBps: 9_500n,
  }),
  proverOf({
    name: "dan",
    own: 1_000n,
    outside: 1_000n,
    feeBps: 10_000n,
    rewardBps: 1_500n,
    costBps: 8_500n,
  }),
  proverOf({
    name: "eve",
    own: 50_000n,
    outside: 150_000n,
    feeBps: 10_000n,
    rewardBps: 500n,
    costBps: 11_000n,
  }),
];

function proverOf(
  given: Record<"own" | "outside" | "feeBps" | "rewardBps" | "costBps", bigint> & { name: string },
): Prover {
  return {
    name: given.name,
    ownStake: given.own * TOKEN,
    outsideStake: given.outside * TOKEN,
    feeCommissionBps: given.feeBps,
    rewardCommissionBps: given.rewardBps,
    costBps: given.costBps,
  };
}

/** What of an amount that reaches a prover by way of its vault is its own: commission, and its part of the vault. */
export function ownPart(prover: Prover, amount: bigint, commissionBps: bigint): bigint {
  const commission = (amount * commissionBps) / BPS;
  return commission + ((amount - commission) * prover.ownStake) / (prover.ownStake + prover.outsideStake);
}

export function demandOf(
  random: Random,
  { epochs, requests }: { epochs: number; requests: number },
): Demand[] {
  const demand: Demand[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = 0; i < requests; i++) {
      const burst = BigInt(Math.floor((i * BURSTS) / requests));
      const cost = random.between(2n * TOKEN, 20n * TOKEN);
      demand.push({
        epoch,
        // Requests come in bursts, so that locks stand beside each other.
        time: BigInt(epoch) * EPOCH_LENGTH + (burst * EPOCH_LENGTH) / BigInt(BURSTS),
        program: random.chance(2_000) ? "favoured" : "plain",
        statement: `${epoch}/${i}`,
        cost,
        maxFee: (cost * random.between(11_000n, 20_000n)) / BPS,
        present: HONEST.filter(() => random.chance(5_000)).map(({ name }) => name),
        failing: HONEST.filter(() => random.chance(100)).map(({ name }) => name),
        isPublic: random.chance(5_000),
      });
    }
  }
  return demand;
}
