// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { inconsistent } from "../chain/errors.ts";
import type { Hex, Snapshot } from "../core/types.ts";
import { boundsOf, type Deployment } from "./deployment.ts";

export interface Head extends Snapshot {
  readonly timestamp: bigint;
}

/** A block by its tag; its time in seconds. */
export async function readHead(client: PublicClient, blockTag: "latest" | "finalized"): Promise<Head> {
  const { number, hash, timestamp } = await client.getBlock({ blockTag });
  return { number, hash, timestamp };
}

/**
 * The last block with a timestamp below the epoch's end; `likely` is asked first and is usually it. `final` must be
 * at or past the end.
 * @throws ChainError `inconsistent` if the block after it names another one as its parent
 */
export async function findSnapshot(
  client: PublicClient,
  deployment: Deployment,
  epoch: number,
  likely: bigint,
  final: Head,
): Promise<Snapshot> {
  const { end } = boundsOf(deployment, epoch);
  const read = (blockNumber: bigint): Promise<Block> => client.getBlock({ blockNumber });
  // Between them lies the first block at or past the end; `final` is one.
  let before = 0n;
  let after = final.number;
  if (likely < final.number) {
    const [candidate, next] = await Promise.all([read(likely), read(likely + 1n)]);
    if (candidate.timestamp < end && next.timestamp >= end) return parentOf(next, candidate);
    if (candidate.timestamp >= end) after = likely;
    else before = likely;
  }
  while (after - before > 1n) {
    const middle = before + (after - before) / 2n;
    if ((await read(middle)).timestamp < end) before = middle;
    else after = middle;
  }
  const [last, next] = await Promise.all([read(before), read(after)]);
  return parentOf(next, last);
}

interface Block extends Head {
  readonly parentHash: Hex;
}

/** A block whose hash the next one contradicts was replaced, and an endpoint has not noticed: nobody is to blame for it. */
function parentOf(next: Block, { number, hash }: Block): Snapshot {
  if (next.parentHash === hash) return { number, hash };
  throw inconsistent(
    `block ${number} is given as ${hash}, and block ${next.number} names ${next.parentHash} as its parent`,
  );
}
