// SPDX-License-Identifier: AGPL-3.0-only
import { BPS, type Demand, HONEST, ownPart, type Prover } from "./world.ts";

export interface MarketSettings {
  readonly protocolFeeBps: bigint;
  /** The lock of an assignment, of the fee offered. */
  readonly lockBps: bigint;
  readonly maxCommissionBps: bigint;
}

/** One request, with who bids on it. Who asks pays; "outside" asks for the proof's own sake. */
export interface Auction {
  readonly demand: Demand;
  readonly requester: string;
  /** What the proof is worth to who asks. */
  readonly value: bigint;
  readonly bids: readonly Bid[];
}

export interface Bid {
  readonly prover: string;
  readonly fee: bigint;
  /** What the proof costs this bidder; null: it cannot prove. */
  readonly cost: bigint | null;
}

export interface Fulfilment
  extends Pick<Demand, "epoch" | "time" | "program" | "statement" | "cost">,
    Pick<Auction, "requester" | "value"> {
  readonly kind: "fulfilment";
  readonly prover: string;
  readonly fee: bigint;
  readonly protocolFee: bigint;
}

interface Miss extends Pick<Demand, "epoch" | "time"> {
  readonly kind: "miss";
  readonly prover: string;
  readonly slashed: bigint;
}

type Outcome = Fulfilment | Miss;

/** A market, and what came of it. */
export interface Played {
  readonly provers: readonly Prover[];
  readonly auctions: readonly Auction[];
  readonly outcomes: readonly Outcome[];
  readonly market: MarketSettings;
  readonly epochs: number;
}

export const OUTSIDE = "requesters";

/** One a demand, with a sealed bid of each honest prover that is there, in wei. */
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

/** What an honest prover asks: so much that its own part of the fee covers its cost. */
function honestBid(prover: Prover, { cost }: Demand, settings: MarketSettings): Bid {
  const own = (cost * prover.costBps) / BPS;
  const kept = ownPart(prover, BPS - settings.protocolFeeBps, feeCommission(prover, settings));
  return { prover: prover.name, fee: (own * BPS + kept - 1n) / kept, cost: own };
}

/** In basis points: what the prover would take, or the highest that the market allows. */
export function feeCommission({ feeCommissionBps }: Prover, { maxCommissionBps }: MarketSettings): bigint {
  return feeCommissionBps < maxCommissionBps ? feeCommissionBps : maxCommissionBps;
}

/**
 * Sealed bids, the lowest wins and is paid the second-lowest, or its own if it is alone. Nobody bids whose collateral
 * is taken: locks of one moment stand beside each other. Who wins and cannot prove, or fails, loses its lock.
 */
export function play(
  auctions: readonly Auction[],
  provers: readonly Prover[],
  market: MarketSettings,
): Played {
  const collateral = new Map(
    provers.map(({ name, ownStake, outsideStake }) => [name, ownStake + outsideStake]),
  );
  const locked = new Map<string, bigint>();
  const free = (name: string) => (collateral.get(name) ?? 0n) - (locked.get(name) ?? 0n);
  let moment = -1n;
  const outcomes: Outcome[] = [];
  for (const { demand, requester, value, bids } of auctions) {
    const { epoch, time, program, statement, maxFee } = demand;
    if (time !== moment) locked.clear();
    moment = time;
    const lock = (maxFee * market.lockBps + BPS - 1n) / BPS;
    const [winner, second = winner] = bids
      .filter(({ prover, fee }) => fee > 0n && fee <= maxFee && free(prover) >= lock)
      .sort((a, b) => Number(a.fee - b.fee));
    if (winner === undefined || second === undefined) continue;
    const { prover, cost } = winner;
    locked.set(prover, (locked.get(prover) ?? 0n) + lock);
    if (cost === null || demand.failing.includes(prover)) {
      collateral.set(prover, (collateral.get(prover) ?? 0n) - lock);
      outcomes.push({ kind: "miss", epoch, time, prover, slashed: lock });
      continue;
    }
    const { fee } = second;
    const protocolFee = (fee * market.protocolFeeBps) / BPS;
    outcomes.push({
      kind: "fulfilment",
      ...{ epoch, time, prover, requester, value, program, statement, fee, protocolFee, cost },
    });
  }
  const epochs = 1 + Math.max(...auctions.map(({ demand }) => demand.epoch));
  return { provers, auctions, outcomes, market, epochs };
}

export function fulfilmentsIn({ outcomes }: Pick<Played, "outcomes">): Fulfilment[] {
  return outcomes.filter((outcome) => outcome.kind === "fulfilment");
}
