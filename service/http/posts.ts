// SPDX-License-Identifier: AGPL-3.0-only
import { type BlockPoint, readBlock } from "../chain/blocks.ts";
import type { Chain } from "../chain/client.ts";
import { type Posts, readPosts } from "../chain/distributor.ts";
import { readLogs } from "../chain/logs.ts";
import { lower, type System } from "../chain/system.ts";
import type { Address, Hex } from "../core/types.ts";
import { remembered } from "./remembered.ts";

/** The last root posted for an epoch. */
export interface EpochPost {
  readonly epoch: number;
  readonly postNumber: bigint;
  readonly root: Hex;
  readonly total: bigint;
  readonly datasetHash: Hex;
  readonly snapshot: { readonly number: bigint; readonly hash: Hex };
  readonly claimableAt: bigint;
  readonly quorum: bigint;
}

export type PostStatus = "pending" | "active" | "superseded" | "vetoed";

/** What a prover was paid by the distributor so far. */
interface Paid {
  readonly claimed: bigint;
  readonly claimedCommission: bigint;
}

export interface PostedRoots {
  /** At the latest block. */
  readonly state: Posts & { readonly blockNumber: bigint };
  /** By epoch, each with its last post: epochs are posted in order, so there is no gap. */
  readonly epochs: readonly EpochPost[];
  readonly paidTo: (prover: Address) => Paid;
  readonly finalized: BlockPoint;
}

const NOTHING: Paid = { claimed: 0n, claimedCommission: 0n };

/**
 * Posted roots and claims as they come: so no request for a merkleProof has to wait for the chain. While its head stays
 * what it was, nothing but that is asked.
 */
export function postReader(
  { client }: Chain,
  system: System,
  maxAge: number,
): () => PostedRoots | Promise<PostedRoots> {
  const finalPosts: EpochPost[] = [];
  const finalPaid = new Map<Address, Paid>();
  let nextBlock = system.startBlock;
  let last: { readonly head: Hex; readonly posted: PostedRoots } | undefined;

  const collect = async (fromBlock: bigint, toBlock: bigint) => {
    const posts: EpochPost[] = [];
    const claims: ClaimLog[] = [];
    const contracts = [system.distributor];
    for await (const log of readLogs({ client, contracts, fromBlock, toBlock, finality: "latest" })) {
      if (log.eventName === "RootPosted") posts.push(postOf(log.args));
      else if (log.eventName === "Claimed") claims.push(log.args);
    }
    return { posts, claims };
  };

  const read = async (): Promise<PostedRoots> => {
    const head = await readBlock(client, "latest");
    if (last?.head === head.hash) return last.posted;
    const posted = await readAt(head.number);
    // Another block may have taken the head's place meanwhile, and would give way to it again.
    const { hash } = await readBlock(client, head.number);
    last = hash === head.hash ? { head: hash, posted } : undefined;
    return posted;
  };

  const readAt = async (blockNumber: bigint): Promise<PostedRoots> => {
    const [posts, finalized] = await Promise.all([
      readPosts(client, system, blockNumber),
      readBlock(client, "finalized"),
    ]);
    const lastFinal = lesser(finalized.number, blockNumber);
    if (blockNumber + 1n < nextBlock) {
      // Only a local chain that was started anew goes back behind a final block.
      finalPosts.length = 0;
      finalPaid.clear();
      nextBlock = system.startBlock;
    }
    const from = nextBlock;
    const found = await collect(from, lastFinal);
    // Taken over at once and by one reading only: nothing is counted twice if one fails halfway or is overtaken.
    if (nextBlock === from && lastFinal >= from) {
      finalPosts.push(...found.posts);
      addClaims(finalPaid, finalPaid, found.claims);
      nextBlock = lastFinal + 1n;
    }
    const recent = await collect(nextBlock, blockNumber);
    const recentlyPaid = new Map<Address, Paid>();
    addClaims(recentlyPaid, finalPaid, recent.claims);
    const byEpoch = new Map([...finalPosts, ...recent.posts].map((post) => [post.epoch, post]));
    return {
      state: { ...posts, blockNumber },
      epochs: [...byEpoch.values()].sort((a, b) => a.epoch - b.epoch),
      finalized,
      paidTo: (prover) => recentlyPaid.get(prover) ?? finalPaid.get(prover) ?? NOTHING,
    };
  };

  return remembered(read, maxAge);
}

interface ClaimLog {
  readonly prover: Address;
  readonly cumulative: bigint;
  readonly commission: bigint;
}

function addClaims(
  to: Map<Address, Paid>,
  before: ReadonlyMap<Address, Paid>,
  claims: readonly ClaimLog[],
): void {
  for (const { prover: account, cumulative, commission } of claims) {
    const prover = lower(account);
    const { claimedCommission } = to.get(prover) ?? before.get(prover) ?? NOTHING;
    to.set(prover, { claimed: cumulative, claimedCommission: claimedCommission + commission });
  }
}

/** Two answers of one endpoint may come from nodes that are not equally far. */
function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

export function statusOf({ latest, active }: Posts, { postNumber }: EpochPost): PostStatus {
  if (latest?.postNumber === postNumber && !latest.active) return latest.vetoed ? "vetoed" : "pending";
  return active?.postNumber === postNumber ? "active" : "superseded";
}

function postOf(log: {
  readonly epoch: bigint;
  readonly postNumber: bigint;
  readonly root: Hex;
  readonly cumulativeTotal: bigint;
  readonly datasetHash: Hex;
  readonly snapshotBlock: bigint;
  readonly snapshotHash: Hex;
  readonly claimableAt: bigint;
  readonly quorum: bigint;
}): EpochPost {
  const { postNumber, root, datasetHash, claimableAt, quorum } = log;
  return {
    epoch: Number(log.epoch),
    postNumber,
    root,
    total: log.cumulativeTotal,
    datasetHash,
    snapshot: { number: log.snapshotBlock, hash: log.snapshotHash },
    claimableAt,
    quorum,
  };
}
