// SPDX-License-Identifier: AGPL-3.0-only
import { byCampaign } from "../../service/core/campaigns.ts";
import { computeEpoch } from "../../service/core/epoch.ts";
import { domainOf } from "../../service/core/leaf.ts";
import { type StakePoint, stake } from "../../service/core/stake.ts";
import type { Address, Policy, PreviousRoot, ProverInput } from "../../service/core/types.ts";
import { type Fulfilment, feeCommission, type MarketSettings, type Outcome } from "./market.ts";
import { BPS, EPOCH_LENGTH, type Program, type Prover } from "./world.ts";

export interface RewardSettings {
  readonly policy: Policy;
  readonly budget: bigint;
  /** Multipliers: that of plain programs is 10,000. */
  readonly favouredBps: bigint;
}

/** What provers did under the market's settings. */
export interface Played {
  readonly provers: readonly Prover[];
  readonly outcomes: readonly Outcome[];
  readonly market: MarketSettings;
}

export interface Payout {
  readonly prover: string;
  readonly amount: bigint;
  readonly commission: bigint;
}

const CHAIN_ID = 31_337n;
const DISTRIBUTOR = addressOf("distributor");
const PLAIN_BPS = 10_000n;

/** What the epochs pay, by the service's own computation, on what the market did. */
export function payoutsOf(
  { provers, outcomes, market }: Played,
  { policy, budget, favouredBps }: RewardSettings,
): Payout[] {
  const fulfilments = countedOf(outcomes, { plain: PLAIN_BPS, favoured: favouredBps });
  const names = new Map(provers.map(({ name }) => [addressOf(name), name]));
  const series = provers.map((prover) => ({ prover, points: stakePoints(prover, outcomes, market) }));
  const epochs = 1 + Math.max(-1, ...outcomes.map(({ epoch }) => epoch));
  const payouts: Payout[] = [];
  let previous: PreviousRoot = { root: domainOf(CHAIN_ID, DISTRIBUTOR), total: 0n, leaves: [] };
  let carry = 0n;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const [start, end] = [BigInt(epoch) * EPOCH_LENGTH, BigInt(epoch + 1) * EPOCH_LENGTH];
    const counted = fulfilments.filter((one) => one.epoch === epoch);
    const result = computeEpoch({
      ...{ chainId: CHAIN_ID, distributor: DISTRIBUTOR, epoch, start, end, budget, carry, policy, previous },
      snapshot: { number: BigInt(epoch), hash: `0x${"00".repeat(32)}` },
      fulfilments: { count: counted.length, accumulator: `0x${"00".repeat(32)}` },
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
    for (const { prover, amount, commission } of result.rows) {
      payouts.push({ prover: names.get(prover) as string, amount, commission });
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
function countedOf(outcomes: readonly Outcome[], multipliers: Record<Program, bigint>): Counted[] {
  const highest = new Map<string, bigint>();
  return outcomes
    .filter((outcome) => outcome.kind === "fulfilment")
    .map((fulfilment) => {
      const { requester, statement, fee, program } = fulfilment;
      const asked = `${requester} ${statement}`;
      const before = highest.get(asked) ?? 0n;
      const weight = fee * multipliers[program];
      if (weight > before) highest.set(asked, weight);
      return { ...fulfilment, weight, countedWeight: weight > before ? weight - before : 0n };
    });
}

function inputOf(prover: Prover, counted: readonly Counted[], ownStake: bigint): ProverInput {
  const own = counted.filter((one) => one.prover === prover.name);
  const sum = (of: readonly Counted[], key: "countedWeight" | "fee" | "protocolFee") =>
    of.reduce((total, one) => total + one[key], 0n);
  return {
    prover: addressOf(prover.name),
    vault: addressOf(`vault ${prover.name}`),
    work: sum(own, "countedWeight"),
    stake: ownStake,
    fulfilments: own.length,
    misses: 0,
    fees: sum(own, "fee"),
    protocolFees: sum(
      own.filter(({ countedWeight }) => countedWeight > 0n),
      "protocolFee",
    ),
    commissionBps: Number(prover.rewardCommissionBps),
  };
}

/** Fees raise a vault's assets and slashes lower them; rewards are taken out as they come. */
function stakePoints(prover: Prover, outcomes: readonly Outcome[], market: MarketSettings): StakePoint[] {
  const points: StakePoint[] = [{ active: prover.ownStake + prover.outsideStake, time: 0n }];
  for (const outcome of outcomes) {
    if (outcome.prover !== prover.name) continue;
    const before = points.at(-1) as StakePoint;
    const change = outcome.kind === "miss" ? -outcome.slashed : vaultPart(outcome, prover, market);
    points.push({ active: before.active + change, time: outcome.time });
  }
  return points;
}

/** What a fee leaves for the vault, after the protocol's part and the commission. */
function vaultPart({ fee, protocolFee }: Fulfilment, prover: Prover, market: MarketSettings): bigint {
  const kept = fee - protocolFee;
  return kept - (kept * feeCommission(prover, market)) / BPS;
}
