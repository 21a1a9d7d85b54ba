// SPDX-License-Identifier: AGPL-3.0-only
import { leftOver } from "./epoch.ts";
import type { Hex } from "./types.ts";

/** A budget and policy as the distributor logged them. */
export interface SegmentLog {
  readonly fromEpoch: bigint;
  readonly budget: bigint;
  readonly policyHash: Hex;
  readonly policy: Uint8Array;
}

/** A root as it was posted. */
export interface PostLog {
  readonly epoch: number;
  readonly postNumber: bigint;
  readonly root: Hex;
  readonly total: bigint;
  readonly datasetHash: Hex;
  readonly snapshotBlock: bigint;
  readonly snapshotHash: Hex;
  /** When its challenge window ends, in seconds. */
  readonly claimableAt: bigint;
  /** How many attestations it needs. */
  readonly quorum: number;
  readonly vetoed: boolean;
}

/** All that a distributor has set and posted, in chain order. */
export interface DistributorHistory {
  readonly segments: readonly SegmentLog[];
  readonly posts: readonly PostLog[];
}

/** The root posted for an epoch that no veto has stopped, if there is one. */
export function standingPost(
  { posts }: Pick<DistributorHistory, "posts">,
  epoch: number,
): PostLog | undefined {
  return posts.findLast((post) => post.epoch === epoch && !post.vetoed);
}

/** The segment that governs an epoch: of several from the same epoch on, the last. */
export function segmentFor(
  { segments }: Pick<DistributorHistory, "segments">,
  epoch: number,
): SegmentLog | undefined {
  return segments.findLast(({ fromEpoch }) => fromEpoch <= BigInt(epoch));
}

/**
 * The carry into `epoch`, in wei, as the contract counts it (SPEC, 8): from the totals of the roots that stand before
 * it.
 */
export function carryInto(history: DistributorHistory, epoch: number): bigint {
  let carry = 0n;
  let total = 0n;
  for (const post of history.posts) {
    if (post.vetoed || post.epoch >= epoch) continue;
    const budget = segmentFor(history, post.epoch)?.budget ?? 0n;
    carry = leftOver(budget, budget + carry, post.total - total).carry;
    total = post.total;
  }
  return carry;
}
