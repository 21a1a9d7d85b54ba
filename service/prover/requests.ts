// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, type PublicClient, toEventSelector } from "viem";
import { iProofMarketAbi } from "../chain/abi.ts";
import { lastBlockBefore, readBlock } from "../chain/blocks.ts";
import { readPackedLogs } from "../chain/raw-logs.ts";
import type { System } from "../chain/system.ts";
import { decodeAuctions } from "../core/decode-auctions.ts";
import type { Hex } from "../core/types.ts";

export interface NewRequest {
  readonly id: Hex;
  readonly inputUri: string;
}

const REQUESTED = toEventSelector(getAbiItem({ abi: iProofMarketAbi, name: "Requested" }));
const TEXT = new TextDecoder();
/** The market's MAX_DURATION: nobody can bid for a request that is older. */
const LONGEST_COMMIT = 86_400n;
/** Blocks that are read again, in case others have taken their place. */
const DEPTH = 12n;

/**
 * The market's requests, in order, up to the block that is asked for; those of the last 12 blocks may come more than
 * once.
 */
export function requestFeed(client: PublicClient, { market, startBlock }: System) {
  let next: bigint | undefined;

  return async function newRequests(head: bigint): Promise<NewRequest[]> {
    if (next !== undefined && head < next) return [];
    const from = next === undefined ? await firstBlock() : max(startBlock, next - DEPTH);
    const packed = await readPackedLogs(client, { fromBlock: from, toBlock: head }, market, REQUESTED);
    const found = Array.from(decodeAuctions(packed), ({ event }) => event).flatMap((event) =>
      event.name === "Requested" ? [{ id: event.id, inputUri: TEXT.decode(event.inputUri) }] : [],
    );
    next = head + 1n;
    return found;
  };

  /** The first block whose requests may still be bid for. */
  async function firstBlock(): Promise<bigint> {
    const [first, final] = await Promise.all([readBlock(client, startBlock), readBlock(client, "finalized")]);
    const oldest = (await readBlock(client, "latest")).timestamp - LONGEST_COMMIT;
    if (first.timestamp >= oldest) return startBlock;
    if (final.timestamp < oldest) return final.number;
    return (await lastBlockBefore(client, oldest, startBlock, final)).number;
  }
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
