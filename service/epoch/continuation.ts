// SPDX-License-Identifier: AGPL-3.0-only
import { type Continuation, carryInto, gather } from "../chain/gather.ts";
import { type History, type PostLog, segmentFor, standingPost } from "../chain/history.ts";
import type { Reading } from "../chain/reading.ts";
import { computeEpoch, leavesOf } from "../core/epoch.ts";
import { bytesOf } from "../core/hex.ts";
import { parsePolicy } from "../core/policy.ts";
import { type ArtifactSource, getArtifact } from "../store/artifacts.ts";
import { JobError } from "./errors.ts";

/**
 * What `epoch` continues from: the leaves of the root before it, from its stored artifact if it is here, otherwise
 * recomputed from the chain, epoch by epoch, from the last one that claimed amounts stand in for the leaves before.
 * Epochs without a standing root are taken as they would be posted.
 */
export async function continuationOf(
  reading: Reading,
  store: ArtifactSource,
  epoch: number,
): Promise<Continuation> {
  let { next, continuation } = await nearestStored(reading, store, epoch);
  for (; next < epoch; next++) continuation = await recompute(reading, next, continuation);
  return continuation;
}

async function nearestStored(
  { system, history }: Reading,
  store: ArtifactSource,
  epoch: number,
): Promise<Start> {
  const first = lastRestart({ system, history }, epoch);
  for (let before = epoch - 1; before >= first.next; before--) {
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
  return first;
}

interface Start {
  readonly next: number;
  readonly continuation: Continuation;
}

/** Epoch 0, or the last whose policy replaces the leaves before it: what led there need not be known. */
function lastRestart({ system, history }: Pick<Reading, "system" | "history">, epoch: number): Start {
  for (let next = epoch; next > 0; next--) {
    const post = standingPost(history, next - 1);
    if (post === undefined || !restartsAt(history, next)) continue;
    const { root, total } = post;
    return { next, continuation: { previous: { root, total, leaves: [] }, carry: carryInto(history, next) } };
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
  throw withheld(reading, post, root);
}

/** Whether a policy segment replaces the leaves before `epoch` with claimed amounts. */
function restartsAt(history: History, epoch: number): boolean {
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
