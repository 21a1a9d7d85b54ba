// SPDX-License-Identifier: AGPL-3.0-only
import { byCampaign } from "../../service/core/campaigns.ts";
import { computeEpoch } from "../../service/core/epoch.ts";
import { domainOf } from "../../service/core/leaf.ts";
import { type StakePoint, stake } from "../../service/core/stake.ts";
import type { Address, Policy, PreviousRoot, ProverInput } from "../../service/core/types.ts";
import { type Fulfilment, feeCommission, fulfilmentsIn, type Played } from "./market.ts";
import { BPS, EPOCH_LENGTH, ownPart, type Prover, sum } from "./world.ts";

export interface RewardSettings {
  readonly policy: Policy;
  readonly budget: bigint;
  /** The multiplier of favoured programs: that of plain ones is 10,000. */
  readonly favouredBps: bigint;
}

const CHAIN_ID = 31_337n;
const DISTRIBUTOR = addressOf("distributor");
const ZEROS = `0x${"00".repeat(32)}` as const;

/** What the epochs pay, by the service's own computation, on what the market did. */
function payoutsOf(played: Played, { policy, budget, favouredBps }: RewardSettings) {
  const { provers, epochs } = played;
  const fulfilments = countedOf(played, favouredBps);
  const names = new Map(provers.map(({ name }) => [addressOf(name), name]));
  const series = provers.map((prover) => ({ prover, points: stakePoints(prover, played) }));
  const payouts: { readonly prover: string; readonly amount: bigint }[] = [];
  let previous: PreviousRoot = { root: domainOf(CHAIN_ID, DISTRIBUTOR), total: 0n, leaves: [] };
  let carry = 0n;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const [start, end] = [BigInt(epoch) * EPOCH_LENGTH, BigInt(epoch + 1) * EPOCH_LENGTH];
    const counted = fulfilments.filter((one) => one.epoch === epoch);
    const result = computeEpoch({
      ...{ chainId: CHAIN_ID, distributor: DISTRIBUTOR, epoch, start, end, budget, carry, policy, previous },
      snapshot: { number: BigInt(epoch), hash: ZEROS },
      fulfilments: { count: counted.length, accumulator: ZEROS },
      misses: [],
      provers: byCampaign(
        policy,
        series.map(({ prover, points }) => inputOf(prover, counted, stake(points, start, end))),
        counted.map((one) => ({
          ...one,
          prover: addressOf(one.prover),
          requester: addressOf(one.requester),
        })),
      ),
    });
    for (const { prover, amount } of result.rows) {
      payouts.push({ prover: names.get(prover) as string, amount });
    }
    previous = { root: result.root, total: result.total, leaves: result.leaves };
    carry = result.carry;
  }
  return payouts;
}

/** An address for a name, as arbitrary as any. */
export function addressOf(name: string): Address {
  return `0x${Buffer.from(name).toString("hex").padStart(40, "0")}`;
}

type Counted = Fulfilment & { readonly weight: bigint; readonly countedWeight: bigint };

/** As the market counts: by what a statement's highest weight for its requester grows. */
function countedOf(played: Played, favouredBps: bigint): Counted[] {
  const highest = new Map<string, bigint>();
  return fulfilmentsIn(played).map((fulfilment) => {
    const { requester, statement, fee, program } = fulfilment;
    const asked = `${requester} ${statement}`;
    const before = highest.get(asked) ?? 0n;
    const weight = fee * (program === "plain" ? BPS : favouredBps);
    if (weight > before) highest.set(asked, weight);
    return { ...fulfilment, weight, countedWeight: weight > before ? weight - before : 0n };
  });
}

function inputOf(prover: Prover, counted: readonly Counted[], ownStake: bigint): ProverInput {
  const own = counted.filter((one) => one.prover === prover.name);
  return {
    prover: addressOf(prover.name),
    vault: addressOf(`vault ${prover.name}`),
    work: sum(own, ({ countedWeight }) => countedWeight),
    stake: ownStake,
    fulfilments: own.length,
    misses: 0,
    fees: sum(own, ({ fee }) => fee),
    protocolFees: sum(own, ({ countedWeight, protocolFee }) => (countedWeight > 0n ? protocolFee : 0n)),
    commissionBps: Number(prover.rewardCommissionBps),
  };
}

/** Fees raise a vault's assets and slashes lower them; rewards are taken out as they come. */
function stakePoints(prover: Prover, { outcomes, market }: Played): StakePoint[] {
  const commissionBps = feeCommission(prover, market);
  let active = prover.ownStake + prover.outsideStake;
  const points: StakePoint[] = [{ active, time: 0n }];
  for (const outcome of outcomes) {
    if (outcome.prover !== prover.name) continue;
    if (outcome.kind === "miss") active -= outcome.slashed;
    else {
      const fee = outcome.fee - outcome.protocolFee;
      active += fee - (fee * commissionBps) / BPS;
    }
    points.push({ active, time: outcome.time });
  }
  return points;
}

export type Accounts = ReturnType<typeof settle>;

/**
 * What each came out with, in wei: fees, rewards and proofs received, less fees paid, costs and slashes. Capital is
 * free here, as attackers would like it to be.
 */
export function settle(played: Played, settings: RewardSettings) {
  const { provers, outcomes, market } = played;
  /** Provers and requesters by name. */
  const of = new Map<string, bigint>();
  /** All who put stake into others' vaults; and what the foundation paid in rewards. */
  const totals = { stakers: 0n, treasury: 0n, paid: 0n };
  const byName = new Map(provers.map((prover) => [prover.name, prover]));
  const book = (name: string, amount: bigint) => of.set(name, (of.get(name) ?? 0n) + amount);
  const share = (prover: Prover, amount: bigint, commissionBps: bigint) => {
    const own = ownPart(prover, amount, commissionBps);
    book(prover.name, own);
    totals.stakers += amount - own;
  };

  for (const outcome of outcomes) {
    const prover = byName.get(outcome.prover) as Prover;
    if (outcome.kind === "miss") {
      share(prover, -outcome.slashed, 0n);
      totals.treasury += outcome.slashed;
      continue;
    }
    const { fee, protocolFee, cost, requester, value } = outcome;
    book(requester, value - fee);
    book(prover.name, -cost);
    share(prover, fee - protocolFee, feeCommission(prover, market));
    totals.treasury += protocolFee;
  }
  const payouts = payoutsOf(played, settings);
  for (const { prover: name, amount } of payouts) {
    const prover = byName.get(name) as Prover;
    share(prover, amount, prover.rewardCommissionBps);
    totals.paid += amount;
  }
  return { of, payouts, ...totals };
}

/** What an attack's actors come out with, over all epochs, less what the same would have without it. */
export function gainOf(attacked: Accounts, honest: Accounts, actors: readonly string[]): bigint {
  return sum(actors, (name) => (attacked.of.get(name) ?? 0n) - (honest.of.get(name) ?? 0n));
}
