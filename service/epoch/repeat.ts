// SPDX-License-Identifier: AGPL-3.0-only
import { findSnapshot } from "../chain/blocks.ts";
import type { RootToPost } from "../chain/preflight.ts";
import { standingPost } from "../core/distributor-history.ts";
import type { Hex } from "../core/types.ts";
import { continuationOf, inputOf, unrunnableIn } from "./continuation.ts";
import { JobError, WithheldLeavesError } from "./errors.ts";
import { refusalOf } from "./policies.ts";
import {
  type PostOutcome,
  type PreparedEpoch,
  postedBefore,
  postOrPropose,
  prepareEpoch,
  type RunEpochParams,
} from "./post-or-propose.ts";

export interface Repeat extends PostOutcome {
  readonly toPost: RootToPost;
}

/** What is posted again, and why the epoch cannot be computed. */
export interface RootAgain {
  readonly toPost: RootToPost;
  readonly reason: string;
}

export interface RepeatedRoot extends Repeat, RootAgain {}

/** What epoch 0 continues from, which has no artifact. */
const NO_ARTIFACT: Hex = `0x${"0".repeat(64)}`;

/**
 * Posts the standing root, total and dataset hash again, for an epoch that nobody can compute: because the leaves
 * before it were withheld, or because its policy cannot be run (SPEC.md, sections 8.1 and 8.2). Nobody earns anything
 * in it.
 * @throws JobError `refused` where the epoch can be computed, `not-ready` before the root before it is final, and as
 * `postEpoch` does
 */
export async function repeatRoot(
  params: RunEpochParams,
  announce: (again: RootAgain) => void = () => undefined,
): Promise<RepeatedRoot> {
  const prepared = await prepareEpoch(params);
  const { epoch, basis } = prepared;
  const standing =
    epoch === 0
      ? { root: basis.system.domain, total: 0n, datasetHash: NO_ARTIFACT }
      : standingPost(basis.history, epoch - 1);
  if (standing === undefined) {
    throw new JobError(
      "not-ready",
      `epoch ${epoch - 1} has no root in final blocks yet`,
      "post that first, and try again when it is final",
    );
  }
  const reason = await whyNot(params, prepared);
  if (reason === undefined) {
    throw new JobError(
      "refused",
      `epoch ${epoch} can be computed: the leaves of the root before it are known`,
      "run it without --repeat",
    );
  }
  const { root, total, datasetHash } = standing;
  const snapshot = await findSnapshot(basis.chain, basis.system, epoch, basis.finalized);
  const toPost: RootToPost = { epoch, root, total, datasetHash, snapshot };
  const posted = await postedBefore(prepared, toPost);
  const again = { toPost, reason };
  return {
    ...again,
    ...(posted ?? (await postOrPropose(params, toPost, undefined, () => announce(again)))),
  };
}

/** Why nobody can compute the epoch, if so. One whose policy a later release may run is refused. */
async function whyNot(params: RunEpochParams, prepared: PreparedEpoch): Promise<string | undefined> {
  const unrunnable = unrunnableIn(prepared.basis, prepared.epoch);
  if (unrunnable?.newer) throw refusalOf(unrunnable);
  if (unrunnable !== undefined) return unrunnable.message;
  return (await isWithheld(params, prepared)) ? "the leaves before it are not known" : undefined;
}

/** Whether what the epoch continues from can neither be recomputed nor is stored, nor replaced by a policy. */
async function isWithheld({ store }: RunEpochParams, { basis, epoch }: PreparedEpoch): Promise<boolean> {
  try {
    await inputOf(basis, epoch, await continuationOf(basis, store, epoch));
    return false;
  } catch (error) {
    if (error instanceof WithheldLeavesError) return true;
    throw error;
  }
}
