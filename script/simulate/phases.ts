// SPDX-License-Identifier: AGPL-3.0-only
import type { Campaign, FeeMatch, PolicyV2 } from "../../service/core/types.ts";
import {
  ATTACKER,
  ATTACKS,
  colludingAlone,
  INSIDERS,
  OUTSIDERS,
  requesterName,
  type Variant,
} from "./attacks.ts";
import { fulfilmentsIn, honestAuctions, type Played, play } from "./market.ts";
import { addressOf, gainOf, settle } from "./rewards.ts";
import { MARKET } from "./settings.ts";
import type { Size } from "./simulate.ts";
import { BPS, demandOf, HONEST, randomOf, sum } from "./world.ts";

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

/** The stake cap is 1 / `capDenominator` of the stake: what a foundation pays above the fees needs a higher one. */
function phaseOf(
  name: string,
  requesters: number,
  budgetBps: bigint,
  campaigns: readonly Campaign[],
  capDenominator: bigint,
): Phase {
  const rule = { id: "capped", params: { capNumerator: 1n, capDenominator } } as const;
  const guards = { exclusions: [], minStake: 0n };
  return { name, requesters, budgetBps, policy: { version: 2, ...rule, campaigns, guards, programs: null } };
}

/**
 * Everybody who asks is listed, in a campaign of its own or with others; the budget is three times the protocol fees. Fee
 * match leaves room for campaigns whose requesters ask less than others.
 */
export function bootstrapping(requesters: number, each = 1): Phase {
  const count = requesters / each;
  const campaigns = listed(count, 10_000 / count, { of: "fee", bps: 4_000 }, each);
  const name = `bootstrapping, ${count} campaigns${each === 1 ? "" : ` of ${each} requesters`}`;
  return phaseOf(name, requesters, 30_000n, campaigns, 2n);
}

const HALF_OPEN = [...listed(10, 500, { of: "fee", bps: 3_000 }), { ...OPEN, partBps: 5_000 }];
export const PHASES: readonly Phase[] = [
  bootstrapping(10),
  bootstrapping(20),
  phaseOf("growth, 10 campaigns and an open one", 20, 20_000n, HALF_OPEN, 20n),
  phaseOf("mature, an open campaign", 20, 10_000n, [OPEN], 100n),
  bootstrapping(20, 2),
];

/** What one market comes to under a phase: `played` without attacks, and the settings that its protocol fees make. */
export type PhaseMarket = ReturnType<typeof phaseMarket>;

/**
 * Requests go to the phase's requesters in turn; the budget, in wei an epoch, follows from the protocol fees, rounded
 * down.
 */
export function phaseMarket(phase: Phase, { epochs, requests }: Size, seed: number) {
  const auctions = honestAuctions(demandOf(randomOf(seed), epochs, requests), MARKET);
  const asked = auctions.map((each, i) => ({ ...each, requester: requesterName(i % phase.requesters) }));
  const played = play(asked, HONEST, MARKET);
  const protocolFees = sum(fulfilmentsIn(played), ({ protocolFee }) => protocolFee);
  const budget = (protocolFees * phase.budgetBps) / (BPS * BigInt(epochs));
  const settings = { policy: phase.policy, budget, favouredBps: 10_000n };
  const free = { ...settings, budget: 0n };
  const [accounts, accountsFree] = [settle(played, settings), settle(played, free)];
  return { played, settings, free, accounts, accountsFree, protocolFees };
}

/** What an attack on a market comes to, in wei over all epochs. */
export function attackOn(market: PhaseMarket, { auctions, provers, actors }: Variant) {
  const played = play(auctions, provers, MARKET);
  const accounts = settle(played, market.settings);
  const honest = accounts.payouts.filter(({ prover }) => !prover.startsWith(ATTACKER));
  return {
    played,
    gain: gainOf(accounts, market.accounts, actors),
    withoutRewards: () => gainOf(settle(played, market.free), market.accountsFree, actors),
    /** What was paid to all, and of that to provers that work for others: those of the attacker's own do not. */
    paid: { all: accounts.paid, honest: sum(honest, ({ amount }) => amount) },
  };
}

type Outcome = ReturnType<typeof attackOn>;
export type PhaseRow = ReturnType<typeof phaseRow>;
export type AttackRow = PhaseRow["shill"];

export function simulatePhases(size: Size, phases: readonly Phase[] = PHASES): PhaseRow[] {
  return phases.map((phase) => phaseRow(phase, size));
}

/** In wei an epoch; shares in 1/10000, rounded down. */
function phaseRow(phase: Phase, size: Size) {
  const markets = Array.from({ length: size.seeds }, (_, i) => phaseMarket(phase, size, size.seed + i));
  const epochs = BigInt(size.epochs);
  const all = BigInt(size.seeds) * epochs;
  const rowOf = ([attack, variantsOf]: readonly [string, (honest: Played) => Variant[]]) => {
    const ways = markets.flatMap((market) =>
      variantsOf(market.played).map((variant) => attackOn(market, variant)),
    );
    const most = (of: (way: Outcome) => bigint) => ways.map(of).sort((a, b) => Number(b - a))[0] as bigint;
    return {
      attack,
      /** The best of any way, in the market that suits it best, and what the best way without rewards comes to. */
      gain: most(({ gain }) => gain) / epochs,
      withoutRewards: most(({ withoutRewards }) => withoutRewards()) / epochs,
      /** What of the rewards reached provers that work for others, in the worst case. */
      honestBps: -most((way) => -honestPart([way])),
    };
  };
  const listedCount = phase.policy.campaigns.filter(({ requesters }) => requesters !== null).length;
  const breakEvens = (market: PhaseMarket) =>
    Array.from({ length: listedCount }, (_, requester) => breakEven(market, requester));
  return {
    phase: phase.name,
    paid: sum(markets, ({ accounts }) => accounts.paid) / all,
    protocolFees: sum(markets, ({ protocolFees }) => protocolFees) / all,
    outsiders: Object.entries(OUTSIDERS).map(rowOf),
    insiders: listedCount > 0 ? Object.entries(INSIDERS).map(rowOf) : [],
    /** A prover's second identity raises prices, with rewards or without. */
    shill: rowOf(["prover's shill", ATTACKS["prover's shill"]]),
    /**
     * What honest provers are left where one listed requester deals with a prover of its own as much as it can without a
     * loss: of all markets and all choices of that requester together. Null where none is listed.
     */
    breakEvenBps: listedCount === 0 ? null : honestPart(markets.flatMap(breakEvens)),
  };
}

function honestPart(outcomes: readonly Outcome[]): bigint {
  const all = sum(outcomes, ({ paid }) => paid.all);
  return all === 0n ? BPS : (sum(outcomes, ({ paid }) => paid.honest) * BPS) / all;
}

/** The largest collusion of a requester, to a hundredth of its other fees, that does not lose. */
function breakEven(market: PhaseMarket, requester: number): Outcome {
  const colluding = (percent: bigint) =>
    attackOn(market, colludingAlone(market.played, requester, percent * 100n));
  let [gains, loses] = [1n, 1_000n];
  while (loses - gains > 1n) {
    const middle = (gains + loses) / 2n;
    if (colluding(middle).gain >= 0n) gains = middle;
    else loses = middle;
  }
  return colluding(gains);
}
