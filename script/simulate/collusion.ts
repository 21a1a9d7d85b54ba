// SPDX-License-Identifier: AGPL-3.0-only
import { ALONE, ATTACKER, ATTACKS, dealAt, type Honest, inOrder, type Variant } from "./attacks.ts";
import type { Auction } from "./market.ts";
import { EPOCH_LENGTH, HONEST, type Prover } from "./world.ts";

const BPS = 10_000n;
const DEALS_AN_EPOCH = 6;
/** What a requester pays its own provers, in parts of the fees that it pays others. */
const SIZES_BPS = [2_500n, 7_500n, 20_000n, 60_000n];
/** The lowest costs of the honest. */
const CHEAPEST = HONEST.toSorted((a, b) => Number(a.costBps - b.costBps))[0] as Prover;
const OWN: readonly Prover[] = ["", " 1", " 2"].map((suffix) => ({ ...ALONE, name: `${ATTACKER}${suffix}` }));
const COPIERS = 10;

/** The name of the requester of this number; names and their addresses ascend alike. */
export function requesterName(number: number): string {
  return `requester ${String(number).padStart(2, "0")}`;
}

/** Attackers that are in no campaign's list. Those with a prover of its own work for nobody else. */
export const OUTSIDERS: Readonly<Record<string, (honest: Honest) => Variant[]>> = {
  "self-dealer": ATTACKS["self-dealer"],
  "self-dealer with stakers": ATTACKS["self-dealer with stakers"],
  "prover dealing besides": ATTACKS["prover dealing besides"],
  burner: ATTACKS["copier, first"],
  "copiers with ten addresses": (honest) => ATTACKS["copier, late"](honest).map(withAddresses),
  splitter: ATTACKS["sybil splitter"],
  "whale without work": ATTACKS["whale without work"],
};

/** Whose requesters are listed. Under a policy that lists none they are as anybody. */
export const INSIDERS: Readonly<Record<string, (honest: Honest) => Variant[]>> = {
  "one listed, with the cheapest prover": (honest) => [
    ...sizes(honest, { requesters: [0], provers: [CHEAPEST] }),
    ...sizes(honest, { requesters: [0], provers: OWN.slice(0, 1) }),
  ],
  "two listed, with three provers": (honest) => sizes(honest, { requesters: [0, 1], provers: OWN }),
  "a listed key stolen, one epoch": (honest) =>
    sizes(honest, { requesters: [0], provers: OWN.slice(0, 1), epochs: 1 }),
};

interface Collusion {
  /** By their numbers. */
  readonly requesters: readonly number[];
  readonly provers: readonly Prover[];
  /** How many of the epochs, from the first; all if left out. */
  readonly epochs?: number;
}

function sizes(honest: Honest, collusion: Collusion): Variant[] {
  return SIZES_BPS.map((sizeBps) => colluding(honest, { ...collusion, sizeBps }));
}

/** One listed requester with a prover of its own, which proves for nobody else. */
export function colludingAlone(honest: Honest, requester: number, sizeBps: bigint): Variant {
  return colluding(honest, { requesters: [requester], provers: OWN.slice(0, 1), sizeBps });
}

/** Beside what it wants proven, a requester asks for what only its provers can prove, at no cost. */
function colluding(
  honest: Honest,
  { requesters, provers, sizeBps, epochs = honest.epochs }: Collusion & { readonly sizeBps: bigint },
): Variant {
  const names = requesters.map(requesterName);
  const deals = names.flatMap((requester) => {
    const paid = honest.outcomes.reduce(
      (sum, one) => sum + (one.kind === "fulfilment" && one.requester === requester ? one.fee : 0n),
      0n,
    );
    const fee = (paid * sizeBps) / (BPS * BigInt(honest.epochs * DEALS_AN_EPOCH));
    return Array.from({ length: epochs * DEALS_AN_EPOCH }, (_, i): Auction => {
      const prover = (provers[i % provers.length] as Prover).name;
      const time = (BigInt(i) * EPOCH_LENGTH) / BigInt(DEALS_AN_EPOCH);
      return dealAt({
        ...{ epoch: Math.floor(i / DEALS_AN_EPOCH), time, fee, requester, prover },
        ...{ program: "plain", statement: `${requester}'s ${i}` },
      });
    });
  });
  const playing = provers.map(({ name }) => name);
  return {
    name: `with ${playing.join(", ")}, ${sizeBps} bps of its other fees`,
    provers: [...HONEST, ...provers.filter((prover) => prover !== CHEAPEST)],
    auctions: inOrder([...honest.auctions, ...deals]),
    actors: [...names, ...playing],
    instead: [...names, ...playing],
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
