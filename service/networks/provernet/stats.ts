// SPDX-License-Identifier: AGPL-3.0-only
import type { Address } from "../../core/types.ts";
import type { GlobalStats, ProverStats, Stats } from "./state.ts";

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

  begin(id: number): void {
    this.#stats.id = id;
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
