// SPDX-License-Identifier: AGPL-3.0-only
import { type Auction, type Bid, fulfilmentsIn, OUTSIDE, type Played } from "./market.ts";
import {
  BPS,
  type Demand,
  EPOCH_LENGTH,
  HONEST,
  type Program,
  type Prover,
  proverOf,
  sum,
  TOKEN,
} from "./world.ts";

/** One way of an attack on a market that was played without any: its gain is what its actors have more than there. */
export interface Variant {
  readonly name: string;
  readonly provers: readonly Prover[];
  readonly auctions: readonly Auction[];
  readonly actors: readonly string[];
}

type Attack = (honest: Played) => Variant[];

export const ATTACKER = "mallory";
const STRAW = "straw";
const PROGRAMS: readonly Program[] = ["plain", "favoured"];
/** What dealers pay themselves, in parts of the fees that others pay. */
const SIZES_BPS = [100n, 2_000n];
const DEALS_AN_EPOCH = 6;

const ALONE = proverOf(ATTACKER, [40_000n, 0n], [0n, 0n], BPS);
/** Mostly others' stake, who ask for most of the rewards in return. */
const WITH_STAKERS = proverOf(ATTACKER, [4_000n, 36_000n], [BPS, 2_000n], BPS);
const WHALE = { ...ALONE, ownStake: 1_000_000n * TOKEN };
/** Just enough to be let in. */
const SECOND = { ...ALONE, name: STRAW, ownStake: 1_000n * TOKEN };

export const ATTACKS = {
  "self-dealer": (honest) => dealing(honest, ALONE),
  "self-dealer with stakers": (honest) => dealing(honest, WITH_STAKERS),
  "prover dealing besides": (honest) => HONEST.slice(0, 3).flatMap((dealer) => dealing(honest, dealer)),
  "copier, late": (honest) => [copying(honest, "late")],
  "copier, first": (honest) => [copying(honest, "first")],
  "prover's shill": raisingPrices,
  "requester's shill": loweringPrices,
  "sybil splitter": splitting,
  "whale without work": ({ auctions }) => [
    { name: "idle", provers: [...HONEST, WHALE], auctions, actors: [ATTACKER] },
  ],
} as const satisfies Record<string, Attack>;

export type AttackName = keyof typeof ATTACKS;
export const ATTACK_NAMES = Object.keys(ATTACKS) as AttackName[];

/** Asks, and proves what nobody else can, because nobody else has the input; an honest dealer works for others besides. */
function dealing(honest: Played, dealer: Prover): Variant[] {
  const paid = sum(fulfilmentsIn(honest), ({ fee }) => fee);
  const works = HONEST.includes(dealer);
  return PROGRAMS.flatMap((program) =>
    SIZES_BPS.map((sizeBps) => ({
      name: `${works ? `${dealer.name}, ` : ""}${program}, ${sizeBps} bps of others' fees`,
      provers: works ? HONEST : [...HONEST, dealer],
      auctions: withDeals(honest, { requester: dealer.name, provers: [dealer], paid, sizeBps, program }),
      actors: [dealer.name],
    })),
  );
}

interface Deals {
  readonly requester: string;
  readonly provers: readonly Prover[];
  /** What others are paid in all epochs, and what part of that the requester pays these provers. */
  readonly paid: bigint;
  readonly sizeBps: bigint;
  readonly program: Program;
  /** How many of the epochs, from the first; all if left out. */
  readonly epochs?: number | undefined;
}

/** Beside what others want proven, a requester asks for what only its provers can prove, each in turn. */
function withDeals(honest: Played, ...all: readonly Deals[]): Auction[] {
  const deals = all.flatMap(({ requester, provers, paid, sizeBps, program, epochs = honest.epochs }) => {
    const fee = (paid * sizeBps) / (BPS * BigInt(honest.epochs * DEALS_AN_EPOCH));
    return Array.from({ length: epochs * DEALS_AN_EPOCH }, (_, i) => {
      const time = (BigInt(i) * EPOCH_LENGTH) / BigInt(DEALS_AN_EPOCH);
      const known = {
        epoch: Math.floor(i / DEALS_AN_EPOCH),
        time,
        program,
        statement: `${requester}'s ${i}`,
      };
      return dealAt(known, fee, requester, (provers[i % provers.length] as Prover).name);
    });
  });
  return [...honest.auctions, ...deals].sort((a, b) => Number(a.demand.time - b.demand.time));
}

/** A request that only one prover can fulfil, at no cost, and that is worth nothing to who asks. */
function dealAt(
  { epoch, time, program, statement }: Pick<Demand, "epoch" | "time" | "program" | "statement">,
  fee: bigint,
  requester: string,
  prover: string,
): Auction {
  const demand = { epoch, time, program, statement, maxFee: fee, cost: 0n };
  return {
    demand: { ...demand, present: [], failing: [], isPublic: false },
    ...{ requester, value: 0n, bids: [{ prover, fee, cost: 0n }] },
  };
}

/** Has the zk proofs that others bring in public fulfil its own requests, for the fee that they were promised. */
function copying(honest: Played, when: "late" | "first"): Variant {
  const brought = new Map(fulfilmentsIn(honest).map((one) => [one.statement, one]));
  const auctions = honest.auctions.flatMap((auction) => {
    const seen = auction.demand.isPublic ? brought.get(auction.demand.statement) : undefined;
    if (seen === undefined) return [auction];
    const copy = dealAt(seen, seen.fee, ATTACKER, ATTACKER);
    return when === "first" ? [copy, auction] : [auction, copy];
  });
  return { name: when, provers: [...HONEST, ALONE], auctions, actors: [ATTACKER] };
}

/** A second identity bids the highest fee wherever the first one bids: whoever is alone is then paid that. */
function raisingPrices(honest: Played): Variant[] {
  const [{ name }] = HONEST as [Prover];
  const shill = ({ bids, demand }: Auction): Bid[] =>
    bids.flatMap((bid) => (bid.prover === name ? [{ ...bid, prover: STRAW, fee: demand.maxFee }] : []));
  return [{ name, ...withBids(honest, shill), actors: [name, STRAW] }];
}

/** Who asks for a proof bids too, to be the second-lowest; if it is the lowest, it cannot prove. */
function loweringPrices(honest: Played): Variant[] {
  return [5_000n, 6_500n, 8_000n].map((bidBps) => ({
    name: `${bidBps} bps of the highest fee`,
    ...withBids(honest, ({ demand: { maxFee } }) => [
      { prover: STRAW, fee: (maxFee * bidBps) / BPS, cost: null },
    ]),
    actors: [OUTSIDE, STRAW],
  }));
}

/** The same auctions, with what a second identity bids in each. */
function withBids({ auctions }: Played, bidsIn: (auction: Auction) => Bid[]) {
  const bidFor = (auction: Auction) => ({ ...auction, bids: [...auction.bids, ...bidsIn(auction)] });
  return { provers: [...HONEST, SECOND], auctions: auctions.map(bidFor) };
}

/** One prover as several, who take turns and divide its stake. */
function splitting(honest: Played): Variant[] {
  const [first, whole, ...others] = HONEST as [Prover, Prover, ...Prover[]];
  return [2, 5].map((count) => {
    const parts = Array.from({ length: count }, (_, i) => ({
      ...whole,
      name: `${whole.name} ${i}`,
      ownStake: whole.ownStake / BigInt(count),
      outsideStake: whole.outsideStake / BigInt(count),
    }));
    const auctions = honest.auctions.map((auction, turn) => {
      const { name } = parts[turn % count] as Prover;
      const renamed = (prover: string) => (prover === whole.name ? name : prover);
      return {
        ...auction,
        demand: { ...auction.demand, failing: auction.demand.failing.map(renamed) },
        bids: auction.bids.map((bid) => ({ ...bid, prover: renamed(bid.prover) })),
      };
    });
    return {
      name: `${count} identities`,
      provers: [first, ...others, ...parts],
      auctions,
      actors: [whole.name, ...parts.map(({ name }) => name)],
    };
  });
}

/** What a requester pays its own provers, in parts of the fees that it pays others. */
const COLLUSION_BPS = [2_500n, 7_500n, 20_000n, 60_000n];
/** The lowest costs of the honest. */
const CHEAPEST = HONEST.toSorted((a, b) => Number(a.costBps - b.costBps))[0] as Prover;
const OWN: readonly Prover[] = ["", " 1", " 2"].map((suffix) => ({ ...ALONE, name: `${ATTACKER}${suffix}` }));
const COPIERS = 10;

/** The name of the requester of this number; names and their addresses ascend alike. */
export function requesterName(number: number): string {
  return `requester ${String(number).padStart(2, "0")}`;
}

/** Attackers that are in no campaign's list. Those with a prover of its own work for nobody else. */
export const OUTSIDERS: Readonly<Record<string, Attack>> = {
  "self-dealer": ATTACKS["self-dealer"],
  "self-dealer with stakers": ATTACKS["self-dealer with stakers"],
  "prover dealing besides": ATTACKS["prover dealing besides"],
  burner: ATTACKS["copier, first"],
  "copiers with ten addresses": (honest) => ATTACKS["copier, late"](honest).map(withAddresses),
  splitter: ATTACKS["sybil splitter"],
  "whale without work": ATTACKS["whale without work"],
};

/** Whose requesters are listed. Under a policy that lists none they are as anybody. */
export const INSIDERS: Readonly<Record<string, Attack>> = {
  "one listed, with the cheapest prover": (honest) => [
    ...COLLUSION_BPS.map((sizeBps) => colluding(honest, [0], { provers: [CHEAPEST], sizeBps })),
    ...COLLUSION_BPS.map((sizeBps) => colludingAlone(honest, 0, sizeBps)),
  ],
  "two listed, with three provers": (honest) =>
    COLLUSION_BPS.map((sizeBps) => colluding(honest, [0, 1], { provers: OWN, sizeBps })),
  "a listed key stolen, one epoch": (honest) =>
    COLLUSION_BPS.map((sizeBps) => colludingAlone(honest, 0, sizeBps, 1)),
};

/** One listed requester with a prover of its own, which proves for nobody else. */
export function colludingAlone(honest: Played, requester: number, sizeBps: bigint, epochs?: number): Variant {
  return colluding(honest, [requester], { provers: OWN.slice(0, 1), sizeBps, epochs });
}

/** Beside what they want proven, requesters ask for what only their provers can prove, at no cost. */
function colluding(
  honest: Played,
  requesters: readonly number[],
  deals: Pick<Deals, "provers" | "sizeBps" | "epochs">,
): Variant {
  const names = requesters.map(requesterName);
  const all = names.map((requester): Deals => {
    const paid = sum(fulfilmentsIn(honest), (one) => (one.requester === requester ? one.fee : 0n));
    return { ...deals, requester, paid, program: "plain" };
  });
  const playing = deals.provers.map(({ name }) => name);
  return {
    name: `with ${playing.join(", ")}, ${deals.sizeBps} bps of its other fees`,
    provers: [...HONEST, ...deals.provers.filter((prover) => prover !== CHEAPEST)],
    auctions: withDeals(honest, ...all),
    actors: [...names, ...playing],
  };
}

/** The same, each request of the attacker from the next of its addresses. */
function withAddresses(variant: Variant): Variant {
  const names = Array.from({ length: COPIERS }, (_, i) => `copier ${i}`);
  let turn = 0;
  return {
    ...variant,
    auctions: variant.auctions.map((auction) =>
      auction.requester === ATTACKER ? { ...auction, requester: names[turn++ % COPIERS] as string } : auction,
    ),
    actors: [...variant.actors, ...names],
  };
}
