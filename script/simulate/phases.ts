// SPDX-License-Identifier: AGPL-3.0-only
import type { Campaign, FeeMatch, PolicyV2 } from "../../service/core/types.ts";
import { type Accounts, settle, sumOf } from "./accounts.ts";
import { ATTACKER, ATTACKS, type Honest, honestAuctions, type Variant } from "./attacks.ts";
import { colludingAlone, INSIDERS, OUTSIDERS, requesterName } from "./collusion.ts";
import { hold } from "./market.ts";
import { randomOf } from "./random.ts";
import { addressOf, type Payout, type Played, payoutsOf, type RewardSettings } from "./rewards.ts";
import { MARKET } from "./settings.ts";
import type { Size } from "./simulate.ts";
import { BPS, demandOf, HONEST } from "./world.ts";

/** A network as it grows: who asks, and what its foundation pays. */
export interface Phase {
  readonly name: string;
  /** How many ask, each as much as another. */
  readonly requesters: number;
  /** An epoch's budget, in 1/10000 of the protocol fees of an epoch without attacks. */
  readonly budgetBps: bigint;
  readonly policy: PolicyV2;
}

const OPEN: Campaign = { requesters: null, partBps: 10_000, feeMatch: { of: "protocol-fee", bps: 9_000 } };

/** So many campaigns with equal parts, of so many requesters each, the first ones. */
function listed(count: number, partBps: number, feeMatch: FeeMatch, each = 1): Campaign[] {
  return Array.from({ length: count }, (_, campaign) => ({
    requesters: Array.from({ length: each }, (__, i) => ({
      requester: addressOf(requesterName(campaign * each + i)),
      reason: "known to the foundation",
    })),
    ...{ partBps, feeMatch },
  }));
}

/** The stake cap is n / d of the stake: what a foundation pays above the fees needs a higher one. */
function policyOf(campaigns: readonly Campaign[], capDenominator: bigint): PolicyV2 {
  return {
    ...{ version: 2, id: "capped", params: { capNumerator: 1n, capDenominator } },
    ...{ campaigns, guards: { exclusions: [], minStake: 0n }, programs: null },
  };
}

/**
 * Everybody who asks is listed, in a campaign of its own or with others; the budget is three times the protocol fees. Fee
 * match leaves room for campaigns whose requesters ask less than others.
 */
export function bootstrapping(requesters: number, each = 1): Phase {
  const count = requesters / each;
  const campaigns = listed(count, 10_000 / count, { of: "fee", bps: 4_000 }, each);
  return {
    name: `bootstrapping, ${count} campaigns${each === 1 ? "" : ` of ${each} requesters`}`,
    ...{ requesters, budgetBps: 30_000n, policy: policyOf(campaigns, 2n) },
  };
}

export const PHASES: readonly Phase[] = [
  bootstrapping(10),
  bootstrapping(20),
  {
    name: "growth, 10 campaigns and an open one",
    ...{ requesters: 20, budgetBps: 20_000n },
    policy: policyOf([...listed(10, 500, { of: "fee", bps: 3_000 }), { ...OPEN, partBps: 5_000 }], 20n),
  },
  {
    name: "mature, an open campaign",
    ...{ requesters: 20, budgetBps: 10_000n, policy: policyOf([OPEN], 100n) },
  },
  bootstrapping(20, 2),
];

/** In wei an epoch; shares in 1/10000, rounded down. */
export interface AttackRow {
  readonly attack: string;
  /** The best of any way, in the market that suits it best, and what the best way without rewards comes to. */
  readonly gain: bigint;
  readonly withoutRewards: bigint;
  /** What of the rewards reached provers that work for others, in the worst case. */
  readonly honestBps: bigint;
}

type Way = Omit<AttackRow, "attack">;

export interface PhaseRow {
  readonly phase: string;
  readonly paid: bigint;
  readonly protocolFees: bigint;
  readonly outsiders: readonly AttackRow[];
  readonly insiders: readonly AttackRow[];
  /** A prover's second identity raises prices, with rewards or without. */
  readonly shill: AttackRow;
  /**
   * What honest provers are left where one listed requester deals with a prover of its own as much as it can without a
   * loss: of all markets and all choices of that requester together. Null where none is listed.
   */
  readonly breakEvenBps: bigint | null;
}

/** What one market comes to under a phase: `played` without attacks, and the settings that its protocol fees make. */
export interface PhaseMarket {
  readonly honest: Honest;
  readonly played: Played;
  readonly settings: RewardSettings;
  readonly protocolFees: bigint;
}

export function phaseMarket(phase: Phase, { epochs, requests }: Size, seed: number): PhaseMarket {
  const demand = demandOf(randomOf(seed), { epochs, requests });
  const auctions = honestAuctions(demand, MARKET).map((auction, i) => ({
    ...auction,
    requester: requesterName(i % phase.requesters),
  }));
  const outcomes = hold(auctions, HONEST, MARKET);
  const protocolFees = outcomes.reduce(
    (sum, one) => sum + (one.kind === "fulfilment" ? one.protocolFee : 0n),
    0n,
  );
  const budget = (protocolFees * phase.budgetBps) / (BPS * BigInt(epochs));
  return {
    honest: { auctions, outcomes, epochs },
    played: { provers: HONEST, outcomes, market: MARKET },
    settings: { policy: phase.policy, budget, favouredBps: 10_000n },
    protocolFees,
  };
}

export function simulatePhases(size: Size, phases: readonly Phase[] = PHASES): PhaseRow[] {
  return phases.map((phase) => phaseRow(phase, size));
}

function phaseRow(phase: Phase, size: Size): PhaseRow {
  const markets = Array.from({ length: size.seeds }, (_, i) => phaseMarket(phase, size, size.seed + i));
  const epochs = BigInt(size.epochs);
  const all = BigInt(size.seeds) * epochs;
  const rowOf = ([attack, variantsOf]: [string, (honest: Honest) => Variant[]]): AttackRow => {
    const ways = markets.flatMap((market) =>
      variantsOf(market.honest).map(
        (variant): Way => ({
          gain: gainOf(market, variant, market.settings),
          withoutRewards: gainOf(market, variant, { ...market.settings, budget: 0n }),
          honestBps: honestPart([paidTo(market, variant)]),
        }),
      ),
    );
    const [first, ...others] = ways as [Way, ...Way[]];
    const best = others.reduce(
      (a, b) => ({
        gain: larger(a.gain, b.gain),
        withoutRewards: larger(a.withoutRewards, b.withoutRewards),
        honestBps: -larger(-a.honestBps, -b.honestBps),
      }),
      first,
    );
    return { attack, ...best, gain: best.gain / epochs, withoutRewards: best.withoutRewards / epochs };
  };
  const paid = markets.reduce((sum, { played, settings }) => sum + total(payoutsOf(played, settings)), 0n);
  const listedCount = phase.policy.campaigns.filter(({ requesters }) => requesters !== null).length;
  return {
    phase: phase.name,
    paid: paid / all,
    protocolFees: markets.reduce((sum, { protocolFees }) => sum + protocolFees, 0n) / all,
    outsiders: Object.entries(OUTSIDERS).map(rowOf),
    insiders: listedCount > 0 ? Object.entries(INSIDERS).map(rowOf) : [],
    shill: rowOf(["prover's shill", ATTACKS["prover's shill"]]),
    breakEvenBps: listedCount === 0 ? null : atBreakEven(markets, listedCount),
  };
}

/** What an attack's actors come out with, over all epochs, less what they would have without it. */
export function gainOf({ played, settings }: PhaseMarket, variant: Variant, under = settings): bigint {
  const accounts = (of: Played): Accounts => settle(of, payoutsOf(of, under));
  return sumOf(accounts(attacked(variant)), variant.actors) - sumOf(accounts(played), variant.instead);
}

export function attacked({ auctions, provers }: Variant): Played {
  return { provers, outcomes: hold(auctions, provers, MARKET), market: MARKET };
}

interface Paid {
  readonly honest: bigint;
  readonly all: bigint;
}

/** Provers of the attacker's own work for nobody else. */
export function paidTo({ settings }: PhaseMarket, variant: Variant): Paid {
  const payouts = payoutsOf(attacked(variant), settings);
  return {
    honest: total(payouts.filter(({ prover }) => !prover.startsWith(ATTACKER))),
    all: total(payouts),
  };
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Each listed requester in turn is the one that colludes. */
function atBreakEven(markets: readonly PhaseMarket[], listedCount: number): bigint {
  return honestPart(
    markets.flatMap((market) =>
      Array.from({ length: listedCount }, (_, i) => paidTo(market, breakEven(market, i))),
    ),
  );
}

function honestPart(paid: readonly Paid[]): bigint {
  const sum = (key: keyof Paid) => paid.reduce((together, one) => together + one[key], 0n);
  return sum("all") === 0n ? BPS : (sum("honest") * BPS) / sum("all");
}

function total(payouts: readonly Payout[]): bigint {
  return payouts.reduce((sum, { amount }) => sum + amount, 0n);
}

/** The largest collusion of a requester, to a hundredth of its other fees, that does not lose. */
function breakEven(market: PhaseMarket, requester: number): Variant {
  let [gains, loses] = [1n, 1_000n];
  while (loses - gains > 1n) {
    const middle = (gains + loses) / 2n;
    if (gainOf(market, colludingAlone(market.honest, requester, middle * 100n)) >= 0n) gains = middle;
    else loses = middle;
  }
  return colludingAlone(market.honest, requester, gains * 100n);
}
