// SPDX-License-Identifier: AGPL-3.0-only
import { BPS, type Demand, ownPart, type Program, type Prover } from "./world.ts";

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

export interface Fulfilment {
  readonly kind: "fulfilment";
  readonly epoch: number;
  readonly time: bigint;
  readonly prover: string;
  readonly requester: string;
  readonly value: bigint;
  readonly program: Program;
  readonly statement: string;
  readonly fee: bigint;
  readonly protocolFee: bigint;
  readonly cost: bigint;
}

interface Miss {
  readonly kind: "miss";
  readonly epoch: number;
  readonly time: bigint;
  readonly prover: string;
  readonly slashed: bigint;
}

export type Outcome = Fulfilment | Miss;

/** What an honest prover asks: so much that its own part of the fee covers its cost. */
export function honestBid(prover: Prover, { cost }: Demand, settings: MarketSettings): Bid {
  const own = (cost * prover.costBps) / BPS;
  const kept = ownPart(prover, BPS - settings.protocolFeeBps, feeCommission(prover, settings));
  return { prover: prover.name, fee: (own * BPS + kept - 1n) / kept, cost: own };
}

export function feeCommission({ feeCommissionBps }: Prover, { maxCommissionBps }: MarketSettings): bigint {
  return feeCommissionBps < maxCommissionBps ? feeCommissionBps : maxCommissionBps;
}

/**
 * Sealed bids, the lowest wins and is paid the second-lowest, or its own if it is alone. Nobody bids whose collateral
 * is taken: locks of one moment stand beside each other. Who wins and cannot prove, or fails, loses its lock.
 */
export function hold(
  auctions: readonly Auction[],
  provers: readonly Prover[],
  settings: MarketSettings,
): Outcome[] {
  const collateral = new Map(provers.map((prover) => [prover.name, prover.ownStake + prover.outsideStake]));
  const locked = new Map<string, bigint>();
  let moment = -1n;
  const outcomes: Outcome[] = [];
  for (const { demand, requester, value, bids } of auctions) {
    const { epoch, time, program, statement, maxFee } = demand;
    if (time !== moment) locked.clear();
    moment = time;
    const lock = (maxFee * settings.lockBps + BPS - 1n) / BPS;
    const valid = bids
      .filter(({ prover, fee }) => fee > 0n && fee <= maxFee && free(collateral, locked, prover) >= lock)
      .toSorted((a, b) => (a.fee < b.fee ? -1 : a.fee > b.fee ? 1 : 0));
    const [winner, second = winner] = valid;
    if (winner === undefined || second === undefined) continue;
    const { prover, cost } = winner;
    locked.set(prover, (locked.get(prover) ?? 0n) + lock);
    if (cost === null || demand.failing.includes(prover)) {
      collateral.set(prover, (collateral.get(prover) ?? 0n) - lock);
      outcomes.push({ kind: "miss", epoch, time, prover, slashed: lock });
      continue;
    }
    const fee = second.fee;
    const protocolFee = (fee * settings.protocolFeeBps) / BPS;
    outcomes.push({
      kind: "fulfilment",
      ...{ epoch, time, prover, requester, value, program, statement, fee, protocolFee, cost },
    });
  }
  return outcomes;
}

function free(
  collateral: ReadonlyMap<string, bigint>,
  locked: ReadonlyMap<string, bigint>,
  name: string,
): bigint {
  return (collateral.get(name) ?? 0n) - (locked.get(name) ?? 0n);
}
