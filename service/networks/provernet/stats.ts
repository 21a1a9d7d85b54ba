// SPDX-License-Identifier: AGPL-3.0-only
import type { Address } from "../../core/types.ts";

/** What the market counts of itself by epochs of its own, as it forgets it. */
export interface Stats {
  id: number;
  readonly global: Record<number, GlobalStats>;
  readonly provers: Record<Address, Record<number, ProverStats>>;
}

export interface GlobalStats {
  requests: number;
  fulfilled: number;
  fees: bigint;
}

export interface ProverStats {
  bids: number;
  reveals: number;
  fulfilled: number;
  refunded: number;
  lastActive: number;
  fees: bigint;
}

const NO_WORK = { bids: 0, reveals: 0, fulfilled: 0, refunded: 0, lastActive: 0, fees: 0n };
const NO_REQUESTS = { requests: 0, fulfilled: 0, fees: 0n };

/**
 * What the market counts, as it counts it: whoever does something for the first time in one of its epochs goes on from
 * the epoch before, and only from that one. Whoever was idle for a whole one begins at 0 again.
 */
export class StatsMirror {
  readonly #stats: Stats;

  constructor(stats: Stats) {
    this.#stats = stats;
  }

  /** Gives what no later epoch goes on from, and forgets it. */
  begin(id: number): { epoch: number; prover: Address | null; counted: ProverStats | GlobalStats }[] {
    const { global, provers } = this.#stats;
    this.#stats.id = id;
    const over: { epoch: number; prover: Address | null; counted: ProverStats | GlobalStats }[] = [];
    const forget = (own: Record<number, ProverStats | GlobalStats>, prover: Address | null) => {
      for (const epoch of Object.keys(own).map(Number)) {
        if (epoch >= id - 1) continue;
        over.push({ epoch, prover, counted: own[epoch] as ProverStats | GlobalStats });
        delete own[epoch];
      }
    };
    forget(global, null);
    for (const [prover, own] of Object.entries(provers)) {
      forget(own, prover as Address);
      if (Object.keys(own).length === 0) delete provers[prover as Address];
    }
    return over;
  }

  global(): GlobalStats {
    const { id, global } = this.#stats;
    global[id] ??= { ...NO_REQUESTS, ...global[id - 1] };
    return global[id];
  }

  ofProver(prover: Address): ProverStats {
    const { id, provers } = this.#stats;
    provers[prover] ??= {};
    const own = provers[prover];
    own[id] ??= { ...NO_WORK, ...own[id - 1] };
    return own[id];
  }
}
