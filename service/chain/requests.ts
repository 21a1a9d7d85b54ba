// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, type PublicClient } from "viem";
import type { Address, Hex } from "../core/types.ts";
import { iProofMarketAbi } from "./abi.ts";
import { readBlock } from "./blocks.ts";
import { readEvents } from "./logs.ts";
import { lower, type System } from "./system.ts";

/** What anyone may do about requests and bids whose time is over. */
export type Overdue =
  | { readonly kind: "expire"; readonly id: Hex }
  | { readonly kind: "forfeit"; readonly id: Hex; readonly prover: Address };

const EVENTS = [
  getAbiItem({ abi: iProofMarketAbi, name: "Requested" }),
  getAbiItem({ abi: iProofMarketAbi, name: "Committed" }),
  getAbiItem({ abi: iProofMarketAbi, name: "Revealed" }),
  getAbiItem({ abi: iProofMarketAbi, name: "BondForfeited" }),
  getAbiItem({ abi: iProofMarketAbi, name: "Cancelled" }),
  getAbiItem({ abi: iProofMarketAbi, name: "Fulfilled" }),
  getAbiItem({ abi: iProofMarketAbi, name: "Missed" }),
  getAbiItem({ abi: iProofMarketAbi, name: "Closed" }),
] as const;

const OPEN = 1;

/** Follows the requests of a market in final blocks, and tells which of them, and of their bids, are overdue. */
export function requestWatch(client: PublicClient, { market, startBlock }: System) {
  let next = startBlock;
  const open = new Set<Hex>();
  /** Bids that were not revealed, by request; those outlive it. */
  const sealed = new Map<Hex, Set<Address>>();

  async function follow(): Promise<bigint> {
    const { number, timestamp } = await readBlock(client, "finalized");
    const range = { client, contracts: [market], fromBlock: next, toBlock: number };
    for await (const { eventName, args } of readEvents(range, EVENTS)) {
      if (eventName === "Requested") open.add(args.id);
      else if (eventName === "Committed") bidsOf(args.id).add(lower(args.prover));
      else if (eventName === "Revealed" || eventName === "BondForfeited") unseal(args.id, lower(args.prover));
      else open.delete(args.id);
    }
    if (number >= next) next = number + 1n;
    return timestamp;
  }

  function bidsOf(id: Hex): Set<Address> {
    const bids = sealed.get(id) ?? new Set<Address>();
    sealed.set(id, bids);
    return bids;
  }

  function unseal(id: Hex, prover: Address): void {
    const bids = bidsOf(id);
    bids.delete(prover);
    if (bids.size === 0) sealed.delete(id);
  }

  /** In the order of their requests. */
  async function overdue(): Promise<Overdue[]> {
    const now = await follow();
    const ids = [...new Set([...open, ...sealed.keys()])];
    const read = (id: Hex) =>
      client.readContract({ address: market, abi: iProofMarketAbi, functionName: "requestOf", args: [id] });
    const requests = await Promise.all(ids.map(read));
    return requests.flatMap((request, i): Overdue[] => {
      const id = ids[i] as Hex;
      // Without a bond there is nothing to forfeit.
      const lapsed = request.bond > 0n && now > request.revealEnd;
      const bids = lapsed ? [...(sealed.get(id) ?? [])] : [];
      const forfeits = bids.map((prover): Overdue => ({ kind: "forfeit", id, prover }));
      const unassigned = request.leader === NOBODY;
      const over = now > (unassigned ? request.revealEnd : request.deadline);
      return request.status === OPEN && over ? [{ kind: "expire", id }, ...forfeits] : forfeits;
    });
  }
  return { overdue };
}

const NOBODY = "0x0000000000000000000000000000000000000000";
