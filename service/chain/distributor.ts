// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import type { Address, Hex } from "../core/types.ts";
import { iRewardDistributorAbi } from "./abi.ts";
import type { System } from "./system.ts";

/** A root as the distributor holds it. */
export interface Post {
  readonly epoch: number;
  readonly postNumber: bigint;
  readonly root: Hex;
  readonly total: bigint;
  readonly postedAt: bigint;
  readonly claimableAt: bigint;
  readonly quorum: bigint;
  readonly attestations: bigint;
  readonly vetoed: boolean;
  readonly active: boolean;
}

export interface Posts {
  /** The last one posted. */
  readonly latest: Post | undefined;
  /** The one that claims are paid from. */
  readonly active: Post | undefined;
}

export interface DistributorState extends Posts {
  readonly blockNumber: bigint;
  readonly timestamp: bigint;
  readonly nextEpoch: number;
  readonly publisher: Address;
  readonly carry: bigint;
  readonly totalClaimed: bigint;
  readonly funds: bigint;
  readonly promised: bigint;
  readonly surplus: bigint;
}

/** The distributor now: all of it at the one block that is the latest; amounts in wei, times in seconds. */
export async function readDistributor(client: PublicClient, system: System): Promise<DistributorState> {
  const { number: blockNumber, timestamp } = await client.getBlock();
  const distributor = { address: system.distributor, abi: iRewardDistributorAbi, blockNumber } as const;
  const read = <const Name extends "carry" | "totalClaimed" | "funds" | "promised" | "surplus" | "nextEpoch">(
    functionName: Name,
  ) => client.readContract({ ...distributor, functionName });
  const [nextEpoch, publisher, posts, carry, totalClaimed, funds, promised, surplus] = await Promise.all([
    read("nextEpoch"),
    client.readContract({ ...distributor, functionName: "publisher" }),
    readPosts(client, system, blockNumber),
    read("carry"),
    read("totalClaimed"),
    read("funds"),
    read("promised"),
    read("surplus"),
  ]);
  return {
    blockNumber,
    timestamp,
    nextEpoch: Number(nextEpoch),
    publisher: publisher.toLowerCase() as Address,
    ...posts,
    carry,
    totalClaimed,
    funds,
    promised,
    surplus,
  };
}

/** The two roots that matter, as they are at a block. */
export async function readPosts(client: PublicClient, system: System, blockNumber: bigint): Promise<Posts> {
  const distributor = { address: system.distributor, abi: iRewardDistributorAbi, blockNumber } as const;
  const [latest, active] = await Promise.all([
    client.readContract({ ...distributor, functionName: "latestPost" }),
    client.readContract({ ...distributor, functionName: "activePost" }),
  ]);
  return { latest: postOf(latest), active: postOf(active) };
}

type RawPost = Omit<Post, "epoch" | "total"> & { readonly epoch: bigint; readonly cumulativeTotal: bigint };

/** The contract answers with zeros where there is no post; a post number is never 0. */
function postOf({ epoch, cumulativeTotal, ...post }: RawPost): Post | undefined {
  return post.postNumber === 0n ? undefined : { ...post, epoch: Number(epoch), total: cumulativeTotal };
}

/** Budget, in wei, and policy hash of all segments, in the order in which they were added, as of a block. */
export async function readSegments(client: PublicClient, system: System, blockNumber: bigint) {
  const distributor = { address: system.distributor, abi: iRewardDistributorAbi, blockNumber } as const;
  const count = await client.readContract({ ...distributor, functionName: "segmentCount" });
  return Promise.all(
    Array.from({ length: Number(count) }, (_, index) =>
      client.readContract({ ...distributor, functionName: "segment", args: [BigInt(index)] }),
    ),
  );
}
