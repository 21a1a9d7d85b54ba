// SPDX-License-Identifier: AGPL-3.0-only
import { findSnapshot } from "../chain/blocks.ts";
import type { RootToPost } from "../chain/preflight.ts";
import { standingPost } from "../core/distributor-history.ts";
import { continuationOf, inputOf } from "./continuation.ts";
import { JobError, WithheldLeavesError } from "./errors.ts";
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

/**
 * Posts the standing root, total and dataset hash again, for an epoch that nobody can compute because the leaves before
 * it were withheld (SPEC.md, section 8.1): nobody earns anything in it. Refused where the epoch can be computed.
 */
export async function repeatRoot(params: RunEpochParams): Promise<Repeat> {
  const prepared = await prepareEpoch(params);
  const { epoch, basis } = prepared;
  const standing = standingPost(basis.history, epoch - 1);
  if (standing === undefined || !(await isWithheld(params, prepared))) {
    throw new JobError(
      "refused",
      `epoch ${epoch} can be computed: the leaves of the root before it are known`,
      "run it without --repeat",
    );
  }
  const { root, total, datasetHash } = standing;
  const snapshot = await findSnapshot(basis.chain.client, basis.system, epoch, basis.finalized);
  const toPost: RootToPost = { epoch, root, total, datasetHash, snapshot };
  return { toPost, ...(postedBefore(prepared, toPost) ?? (await postOrPropose(params, toPost, undefined))) };
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
