// SPDX-License-Identifier: AGPL-3.0-only
import { iProofMarketAbi } from "../chain/abi.ts";
import { readMany } from "../chain/many.ts";
import type { Address, Hex } from "../core/types.ts";
import { openRequests } from "../store/auctions.ts";
import type { Position } from "../store/deployment.ts";
import type { SyncSources } from "./sources.ts";

/** What anyone may do about requests and bids whose time is over. */
export type Overdue =
  | { readonly kind: "expire"; readonly id: Hex }
  | { readonly kind: "forfeit"; readonly id: Hex; readonly prover: Address };

/** When a request may be ended, in seconds; its deadline counts once an auction that is over has a winner. */
interface Terms {
  readonly revealEnd: bigint;
  readonly end: bigint;
  /** Whether they were read after reveal end: no later bid changes them. */
  readonly settled: boolean;
}

/**
 * Tells which of the database's requests, and of their sealed bids, are overdue at its position, in the order of the
 * requests. The market is asked in batches, and of each request once its auction may be over and once it is.
 */
export function overdueWatch({ chain, system, database, deployment }: SyncSources) {
  const known = new Map<Hex, Terms>();

  return async ({ block, time: now }: Position): Promise<Overdue[]> => {
    const open = await openRequests(database, deployment, now);
    const ids = new Set(open.map(({ id }) => id));
    for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    const asked = [...ids].filter((id) => {
      const terms = known.get(id);
      return terms === undefined || (!terms.settled && now > terms.revealEnd);
    });
    const requests = await readMany(chain.client, {
      abi: iProofMarketAbi,
      functionName: "requestOf",
      blockNumber: block,
      calls: asked.map((id) => ({ address: system.market, args: [id] as const })),
    });
    for (const [i, id] of asked.entries()) {
      const request = requests[i];
      if (request === undefined) continue;
      const { revealEnd, deadline, leader } = request;
      const end = leader === NOBODY ? revealEnd : deadline;
      known.set(id, { revealEnd, end, settled: now > revealEnd });
    }
    return open.flatMap(({ id, ended, sealedBy }): Overdue[] => {
      const terms = known.get(id);
      if (terms === undefined || now <= terms.revealEnd) return [];
      const expire: Overdue[] = !ended && now > terms.end ? [{ kind: "expire", id }] : [];
      return [...expire, ...sealedBy.map((prover): Overdue => ({ kind: "forfeit", id, prover }))];
    });
  };
}

const NOBODY = "0x0000000000000000000000000000000000000000";
