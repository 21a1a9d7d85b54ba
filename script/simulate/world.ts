// SPDX-License-Identifier: AGPL-3.0-only
import { mulberry32 } from "../../test/service/helpers/random.ts";

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
  proverOf("ada", [20_000n, 60_000n], [10_000n, 1_000n], 9_000n),
  proverOf("ben", [30_000n, 0n], [0n, 0n], 10_000n),
  proverOf("cyd", [5_000n, 15_000n], [9_000n, 2_000n], 9_500n),
  proverOf("dan", [1_000n, 1_000n], [10_000n, 1_500n], 8_500n),
  proverOf("eve", [50_000n, 150_000n], [10_000n, 500n], 11_000n),
];

type Pair = readonly [bigint, bigint];

/** Stakes, own and others', in tokens; commission of fees and of rewards, and cost, in basis points. */
export function proverOf(name: string, [own, outside]: Pair, [fee, reward]: Pair, costBps: bigint): Prover {
  return {
    ...{ name, ownStake: own * TOKEN, outsideStake: outside * TOKEN },
    ...{ feeCommissionBps: fee, rewardCommissionBps: reward, costBps },
  };
}

/** What of an amount that reaches a prover by way of its vault is its own: commission, and its part of the vault. */
export function ownPart(prover: Prover, amount: bigint, commissionBps: bigint): bigint {
  const commission = (amount * commissionBps) / BPS;
  return commission + ((amount - commission) * prover.ownStake) / (prover.ownStake + prover.outsideStake);
}

/** The sum of what `of` finds in each. */
export function sum<T>(items: Iterable<T>, of: (item: T) => bigint): bigint {
  let total = 0n;
  for (const item of items) total += of(item);
  return total;
}

/** Of every epoch as many requests, whose costs are from 2 to 20 tokens, in wei. */
export function demandOf(random: Random, epochs: number, requests: number): Demand[] {
  return Array.from({ length: epochs * requests }, (_, i) => {
    const [epoch, within] = [Math.floor(i / requests), i % requests];
    const burst = BigInt(Math.floor((within * BURSTS) / requests));
    const cost = random.between(2n * TOKEN, 20n * TOKEN);
    return {
      epoch,
      // Requests come in bursts, so that locks stand beside each other.
      time: BigInt(epoch) * EPOCH_LENGTH + (burst * EPOCH_LENGTH) / BigInt(BURSTS),
      program: random.chance(2_000) ? "favoured" : "plain",
      statement: `${epoch}/${within}`,
      cost,
      maxFee: (cost * random.between(11_000n, 20_000n)) / BPS,
      present: HONEST.filter(() => random.chance(5_000)).map(({ name }) => name),
      failing: HONEST.filter(() => random.chance(100)).map(({ name }) => name),
      isPublic: random.chance(5_000),
    };
  });
}

export type Random = ReturnType<typeof randomOf>;

/** The same numbers for the same seed, on every machine. */
export function randomOf(seed: number) {
  const random = mulberry32(seed);
  /** From 0 to n − 1. */
  const below = (n: number) => Math.floor(random() * n);
  return {
    between: (low: bigint, high: bigint) => low + ((high - low) * BigInt(below(1_000_001))) / 1_000_000n,
    /** True so many times of 10,000. */
    chance: (bps: number) => below(10_000) < bps,
  };
}
