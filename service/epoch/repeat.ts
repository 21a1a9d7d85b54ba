// SPDX-License-Identifier: AGPL-3.0-only
import { findSnapshot, readBlock, requireFinal } from "../chain/blocks.ts";
import { readDistributor } from "../chain/distributor.ts";
import type { RootToPost } from "../chain/preflight.ts";
import { initKeccak } from "../core/keccak.ts";
import { standingPost } from "../core/ledger.ts";
import { type Basis, basisOf, continuationOf, inputOf } from "./continuation.ts";
import { JobError, WithheldLeavesError } from "./errors.ts";
import { postEpoch } from "./post.ts";
import { proposeEpoch } from "./propose.ts";
import { assertSame, dueEpoch, type EpochRun, postedBefore, type RunEpochParams } from "./run.ts";

export type Repeat = Pick<EpochRun, "status" | "post" | "transaction" | "toPost" | "multisig">;

/**
 * Posts the standing root, total and dataset hash again, for an epoch that nobody can compute because the leaves before
 * it were withheld (SPEC.md, section 8.1): nobody earns anything in it. Refused where the epoch can be computed.
 */
export async function repeatRoot(params: RunEpochParams): Promise<Repeat> {
  const { chain, system, store, open, signer, proposal, version, log } = params;
  await initKeccak();
  const state = await readDistributor(chain.client, system);
  const epoch = params.epoch ?? dueEpoch(system, state);
  await requireFinal(chain.client, system, epoch, await readBlock(chain.client, "finalized"));
  const basis = await basisOf({ chain, system, ...(await open()), log });
  const standing = standingPost(basis.ledger, epoch - 1);
  if (standing === undefined || !(await isWithheld(params, basis, epoch))) {
    throw new JobError(
      "refused",
      `epoch ${epoch} can be computed: the leaves of the root before it are known`,
      "run it without --repeat",
    );
  }
  const { root, total, datasetHash } = standing;
  const snapshot = await findSnapshot(chain.client, system, epoch, basis.finalized);
  const toPost: RootToPost = { epoch, root, total, datasetHash, snapshot };
  const unsent = { toPost, post: undefined, transaction: undefined };

  const posted = postedBefore(basis.ledger, state, epoch);
  if (posted !== undefined) {
    assertSame(epoch, posted, toPost);
    const { latest } = state;
    return { ...unsent, status: "already-posted", post: latest?.epoch === epoch ? latest : undefined };
  }
  if (proposal !== undefined) {
    const where = { chain, system, store, version };
    return {
      ...unsent,
      status: "proposed",
      multisig: await proposeEpoch(where, proposal.multisig, toPost, undefined),
    };
  }
  if (signer === undefined) return { ...unsent, status: "dry-run" };
  return { toPost, ...(await postEpoch({ chain, system, store, signer, version, log }, toPost, undefined)) };
}

/** Whether what `epoch` continues from can neither be recomputed nor is stored, nor replaced by a policy. */
async function isWithheld({ store }: RunEpochParams, basis: Basis, epoch: number): Promise<boolean> {
  try {
    await inputOf(basis, epoch, await continuationOf(basis, store, epoch));
    return false;
  } catch (error) {
    if (error instanceof WithheldLeavesError) return true;
    throw error;
  }
}
