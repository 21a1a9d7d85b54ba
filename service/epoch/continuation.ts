// SPDX-License-Identifier: AGPL-3.0-only
import { type Continuation, carryInto, gather } from "../chain/gather.ts";
import { type PostLog, segmentFor, standingPost } from "../chain/history.ts";
import type { Reading } from "../chain/reading.ts";
import { computeEpoch, leavesOf } from "../core/epoch.ts";
import { bytesOf } from "../core/hex.ts";
import { parsePolicy } from "../core/policy.ts";
import { getArtifact } from "../store/artifacts.ts";
import type { Store } from "../store/store.ts";
import { JobError } from "./errors.ts";

/**
 * What `epoch` continues from: the leaves of the root before it, from its stored artifact if it is here, otherwise
 * recomputed from the chain, epoch by epoch. Epochs without a standing root are taken as they would be posted.
 */
export async function continuationOf(reading: Reading, store: Store, epoch: number): Promise<Continuation> {
  let { next, continuation } = await nearestStored(reading, store, epoch);
  for (; next < epoch; next++) continuation = await recompute(reading, next, continuation);
  return continuation;
}

async function nearestStored(
  { system, history }: Reading,
  store: Store,
  epoch: number,
): Promise<{ next: number; continuation: Continuation }> {
  for (let before = epoch - 1; before >= 0; before--) {
    const post = standingPost(history, before);
    const stored = post && (await getArtifact(store, post.datasetHash));
    if (post === undefined || stored?.artifact.root !== post.root) continue;
    const { root, total } = post;
    return {
      next: before + 1,
      continuation: {
        previous: { root, total, leaves: leavesOf(stored.artifact.rows) },
        carry: carryInto(history, before + 1),
      },
    };
  }
  return {
    next: 0,
    continuation: { previous: { root: system.domain, total: 0n, leaves: [] }, carry: 0n },
  };
}

async function recompute(reading: Reading, epoch: number, from: Continuation): Promise<Continuation> {
  const { root, total, leaves, carry } = computeEpoch(await gather(reading, epoch, from));
  const post = standingPost(reading.history, epoch);
  if (post === undefined) return { previous: { root, total, leaves }, carry };
  const standing = { root: post.root, total: post.total };
  const next = { carry: carryInto(reading.history, epoch + 1) };
  if (post.root === root) return { ...next, previous: { ...standing, leaves } };
  if (restartsAt(reading, epoch + 1)) return { ...next, previous: { ...standing, leaves: [] } };
  throw withheld(reading, post, root);
}

/** Whether a policy segment replaces the leaves before `epoch` with claimed amounts. */
function restartsAt({ history }: Reading, epoch: number): boolean {
  const segment = segmentFor(history, epoch);
  return (
    segment?.fromEpoch === BigInt(epoch) && parsePolicy(bytesOf(segment.policy)).continuation !== undefined
  );
}

function withheld({ pinned }: Reading, post: PostLog, computed: string): JobError {
  return new JobError(
    "conflict",
    `epoch ${post.epoch} stands with root ${post.root}; its inputs up to block ${pinned.number} give ${computed}`,
    `put the artifact with dataset hash ${post.datasetHash} into the data directory's artifacts folder, or continue from claimed amounts with a policy segment`,
  );
}
