// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import type { Snapshot } from "../core/types.ts";
import { boundsOf, type Deployment } from "./deployment.ts";

export interface Head extends Snapshot {
  readonly timestamp: bigint;
}

export async function readHead(client: PublicClient, blockTag: "latest" | "finalized"): Promise<Head> {
  const { number, hash, timestamp } = await client.getBlock({ blockTag });
  return { number, hash, timestamp };
}

/** The last block with a timestamp below the epoch's end; `likely` is asked first and is usually it. */
export async function findSnapshot(
  client: PublicClient,
  deployment: Deployment,
  epoch: number,
  likely: bigint,
  final: Head,
): Promise<Snapshot> {
  const { end } = boundsOf(deployment, epoch);
  const read = async (blockNumber: bigint): Promise<Head> => {
    const { number, hash, timestamp } = await client.getBlock({ blockNumber });
    return { number, hash, timestamp };
  };
  // Between them lies the first block at or past the end; `final` is one.
  let before = 0n;
  let after = final.number;
  if (likely < final.number) {
    const [candidate, next] = await Promise.all([read(likely), read(likely + 1n)]);
    if (candidate.timestamp < end && next.timestamp >= end) return { number: likely, hash: candidate.hash };
    if (candidate.timestamp >= end) after = likely;
    else before = likely;
  }
  while (after - before > 1n) {
    const middle = before + (after - before) / 2n;
    if ((await read(middle)).timestamp < end) before = middle;
    else after = middle;
  }
  return { number: before, hash: (await read(before)).hash };
}
