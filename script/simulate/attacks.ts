// SPDX-License-Identifier: AGPL-3.0-only
import type { Auction, Fulfilment, MarketSettings, Outcome } from "./market.ts";
import { honestBid } from "./market.ts";
import { BPS, type Demand, EPOCH_LENGTH, HONEST, type Program, type Prover, TOKEN } from "./world.ts";

/** The market without anybody's attack, and what came of it. */
export interface Honest {
  readonly auctions: readonly Auction[];
  readonly outcomes: readonly Outcome[];
  readonly epochs: number;
}

/** One way of an attack. Its gain is what its actors come out with, less what `instead` of it they would have. */
export interface Variant {
  readonly name: string;
  readonly provers: readonly Prover[];
  readonly auctions: readonly Auction[];
  readonly actors: readonly string[];
  readonly instead: readonly string[];
}

export const ATTACKS = {
  "self-dealer": (honest: Honest) => selfDealing(honest, ALONE),
  "self-dealer with stakers": (honest: Honest) => selfDealing(honest, WITH_STAKERS),
  "prover dealing besides": dealingBesides,
  "copier, late": (honest: Honest) => [copying(honest, "late")],
  "copier, first": (honest: Honest) => [copying(honest, "first")],
  "prover's shill": (honest: Honest) => [raisingPrices(honest)],
  "requester's shill": loweringPrices,
  "sybil splitter": splitting,
  "whale without work": idling,
} as const satisfies Record<string, (honest: Honest) => Variant[]>;

export type AttackName = keyof typeof ATTACKS;

export const ATTACKER = "mallory";
const STRAW = "straw";
const PROGRAMS: readonly Program[] = ["plain", "favoured"];
/** What dealers pay themselves, in parts of the fees that others pay. */
const SIZES_BPS = [100n, 2_000n];
const DEALS_AN_EPOCH = 6;

export const ALONE: Prover = {
  ...{ name: ATTACKER, feeCommissionBps: 0n, rewardCommissionBps: 0n, costBps: BPS },
  ...{ ownStake: 40_000n * TOKEN, outsideStake: 0n },
};
/** Mostly others' stake, who ask for most of the rewards in return. */
const WITH_STAKERS: Prover = {
  ...ALONE,
  ...{ feeCommissionBps: BPS, rewardCommissionBps: 2_000n },
  ...{ ownStake: 4_000n * TOKEN, outsideStake: 36_000n * TOKEN },
};

/** Asks, and proves what nobody else can, because nobody else has the input. It costs nothing to prove. */
function selfDealing(honest: Honest, dealer: Prover): Variant[] {
  return variantsOf(honest, dealer.name).map(({ name, deals }) => ({
    name,
    provers: [...HONEST, dealer],
    auctions: inOrder([...honest.auctions, ...deals]),
    actors: [dealer.name],
    instead: [],
  }));
}

/** The same by a prover that also works for others. */
function dealingBesides(honest: Honest): Variant[] {
  return HONEST.slice(0, 3).flatMap((dealer) =>
    variantsOf(honest, dealer.name).map(({ name, deals }) => ({
      name: `${dealer.name}, ${name}`,
      provers: HONEST,
      auctions: inOrder([...honest.auctions, ...deals]),
      actors: [dealer.name],
      instead: [dealer.name],
    })),
  );
}

function variantsOf(honest: Honest, dealer: string): { name: string; deals: Auction[] }[] {
  return PROGRAMS.flatMap((program) =>
    SIZES_BPS.map((sizeBps) => ({
      name: `${program}, ${sizeBps} bps of others' fees`,
      deals: dealsOf(honest, { dealer, program, sizeBps }),
    })),
  );
}

function dealsOf(
  { outcomes, epochs }: Honest,
  { dealer, program, sizeBps }: { dealer: string; program: Program; sizeBps: bigint },
): Auction[] {
  const fees = fulfilmentsIn(outcomes).reduce((sum, { fee }) => sum + fee, 0n);
  const fee = (fees * sizeBps) / (BPS * BigInt(epochs * DEALS_AN_EPOCH));
  return Array.from({ length: epochs * DEALS_AN_EPOCH }, (_, i) => {
    const epoch = Math.floor(i / DEALS_AN_EPOCH);
    const time = (BigInt(i) * EPOCH_LENGTH) / BigInt(DEALS_AN_EPOCH);
    const statement = `${dealer}'s ${i}`;
    return dealAt({ epoch, time, program, statement, fee, requester: dealer, prover: dealer });
  });
}

/** Has the zk proofs that others bring in public fulfil its own requests, for the fee that they were promised. */
function copying(honest: Honest, when: "late" | "first"): Variant {
  const seen = new Set(
    honest.auctions.filter(({ demand }) => demand.isPublic).map(({ demand }) => demand.statement),
  );
  const copied = new Map<string, Auction>();
  for (const { epoch, time, program, statement, fee } of fulfilmentsIn(honest.outcomes)) {
    if (!seen.has(statement)) continue;
    const whose = { requester: ATTACKER, prover: ATTACKER };
    copied.set(statement, dealAt({ epoch, time, program, statement, fee, ...whose }));
  }
  const auctions = honest.auctions.flatMap((auction) => {
    const copy = copied.get(auction.demand.statement);
    if (copy === undefined) return [auction];
    return when === "first" ? [copy, auction] : [auction, copy];
  });
  return { name: when, provers: [...HONEST, ALONE], auctions, actors: [ATTACKER], instead: [] };
}

/** A second identity bids the highest fee wherever the first one bids: whoever is alone is then paid that. */
function raisingPrices(honest: Honest): Variant {
  const [first] = HONEST as [Prover];
  const auctions = honest.auctions.map((auction) => {
    const own = auction.bids.find(({ prover }) => prover === first.name);
    if (own === undefined) return auction;
    const shill = { prover: STRAW, fee: auction.demand.maxFee, cost: own.cost };
    return { ...auction, bids: [...auction.bids, shill] };
  });
  return {
    name: first.name,
    provers: [...HONEST, straw()],
    auctions,
    actors: [first.name, STRAW],
    instead: [first.name],
  };
}

/** Who asks for a proof bids too, to be the second-lowest; if it is the lowest, it cannot prove. */
function loweringPrices(honest: Honest): Variant[] {
  return [5_000n, 6_500n, 8_000n].map((bidBps) => ({
    name: `${bidBps} bps of the highest fee`,
    provers: [...HONEST, straw()],
    auctions: honest.auctions.map((auction) => {
      const fee = (auction.demand.maxFee * bidBps) / BPS;
      return { ...auction, bids: [...auction.bids, { prover: STRAW, fee, cost: null }] };
    }),
    actors: [OUTSIDE, STRAW],
    instead: [OUTSIDE],
  }));
}

/** One prover as several, who take turns and divide its stake. */
function splitting(honest: Honest): Variant[] {
  const [, whole, ...others] = HONEST as [Prover, Prover, ...Prover[]];
  return [2, 5].map((count) => {
    const parts = Array.from({ length: count }, (_, i) => ({
      ...whole,
      name: `${whole.name} ${i}`,
      ownStake: whole.ownStake / BigInt(count),
      outsideStake: whole.outsideStake / BigInt(count),
    }));
    let turn = 0;
    const auctions = honest.auctions.map((auction) => {
      const { name } = parts[turn++ % count] as Prover;
      const renamed = (prover: string) => (prover === whole.name ? name : prover);
      return {
        ...auction,
        demand: { ...auction.demand, failing: auction.demand.failing.map(renamed) },
        bids: auction.bids.map((bid) => ({ ...bid, prover: renamed(bid.prover) })),
      };
    });
    return {
      name: `${count} identities`,
      provers: [HONEST[0] as Prover, ...others, ...parts],
      auctions,
      actors: parts.map(({ name }) => name),
      instead: [whole.name],
    };
  });
}

function idling(honest: Honest): Variant[] {
  const whale = { ...ALONE, ownStake: 1_000_000n * TOKEN };
  return [
    { name: "idle", provers: [...HONEST, whale], auctions: honest.auctions, actors: [ATTACKER], instead: [] },
  ];
}

export const OUTSIDE = "requesters";

export function honestAuctions(demand: readonly Demand[], settings: MarketSettings): Auction[] {
  return demand.map((one) => ({
    demand: one,
    requester: OUTSIDE,
    value: one.maxFee,
    bids: HONEST.filter(({ name }) => one.present.includes(name)).map((prover) =>
      honestBid(prover, one, settings),
    ),
  }));
}

/** Just enough to be let in. */
function straw(): Prover {
  return { ...ALONE, name: STRAW, ownStake: 1_000n * TOKEN };
}

/** A request that only one prover can fulfil, at no cost, and that is worth nothing to who asks. */
export function dealAt({
  fee,
  requester,
  prover,
  ...known
}: Pick<Demand, "epoch" | "time" | "program" | "statement"> & {
  readonly fee: bigint;
  readonly requester: string;
  readonly prover: string;
}): Auction {
  return {
    demand: { ...known, maxFee: fee, cost: 0n, present: [], failing: [], isPublic: false },
    requester,
    value: 0n,
    bids: [{ prover, fee, cost: 0n }],
  };
}

export function inOrder(auctions: readonly Auction[]): Auction[] {
  return auctions.toSorted((a, b) =>
    a.demand.time < b.demand.time ? -1 : a.demand.time > b.demand.time ? 1 : 0,
  );
}

function fulfilmentsIn(outcomes: readonly Outcome[]): Fulfilment[] {
  return outcomes.filter((outcome) => outcome.kind === "fulfilment");
}
