// SPDX-License-Identifier: AGPL-3.0-only
import type { RootToPost } from "../chain/preflight.ts";
import { encodeResult } from "../core/encoded-artifact.ts";
import { computePacked, type PackedResult } from "../core/epoch.ts";
import type { Hex } from "../core/types.ts";
import { hasArtifact, putArtifact } from "../store/artifacts.ts";
import { continuationOf, inputOf } from "./continuation.ts";
import {
  type PostOutcome,
  postedBefore,
  postOrPropose,
  prepareEpoch,
  type RunEpochParams,
} from "./post-or-propose.ts";
import { requireUnchanged } from "./recheck.ts";

export interface ComputedEpoch {
  readonly result: PackedResult;
  readonly datasetHash: Hex;
  /** False if the epoch before has no active root yet: its root is then taken as computed. */
  readonly previousActive: boolean;
  /** What the contract is to be called with. */
  readonly toPost: RootToPost;
}

export interface EpochRun extends PostOutcome, ComputedEpoch {}

/**
 * Gathers, computes and builds one epoch, and with a signer stores and posts it. Doing it again changes nothing.
 * `announce` is told of what is posted right before that.
 */
export async function runEpoch(
  params: RunEpochParams,
  announce: (computed: ComputedEpoch) => void = () => undefined,
): Promise<EpochRun> {
  const { store, signer, proposal, log, dryRun } = params;
  const prepared = await prepareEpoch(params);
  const { epoch, state, basis } = prepared;

  const result = computePacked(await inputOf(basis, epoch, await continuationOf(basis, store, epoch)));
  const encoded = await encodeResult(result);
  const hash = encoded.datasetHash;
  const previousActive = epoch === 0 || (state.active !== undefined && state.active.epoch >= epoch - 1);
  const toPost: RootToPost = {
    epoch,
    root: result.root,
    total: result.total,
    datasetHash: hash,
    snapshot: result.input.snapshot,
  };
  await params.confirm?.(toPost);
  const outcome = { result, datasetHash: hash, previousActive, toPost };

  const hands = (signer ?? proposal) !== undefined && !dryRun;
  const posted = await postedBefore(prepared, toPost);
  if (posted !== undefined) {
    // A lost artifact comes back; one that is there and damaged is not overwritten unseen.
    if (hands && !(await hasArtifact(store, hash))) {
      await putArtifact(store, encoded);
      log(`stored the artifact again: ${hash}`);
    }
    return { ...outcome, ...posted };
  }
  if (hands) await requireUnchanged(basis, result.input);
  return { ...outcome, ...(await postOrPropose(params, toPost, encoded, () => announce(outcome))) };
}
