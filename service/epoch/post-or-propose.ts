// SPDX-License-Identifier: AGPL-3.0-only
import { readBlock, requireFinal } from "../chain/blocks.ts";
import { type DistributorState, type Post, readDistributor } from "../chain/distributor.ts";
import type { RootToPost } from "../chain/preflight.ts";
import { postCall } from "../chain/send.ts";
import type { Signer } from "../chain/signer.ts";
import { epochAt, type System } from "../chain/system.ts";
import { type DistributorHistory, standingPost } from "../core/distributor-history.ts";
import type { EncodedArtifact } from "../core/encoded-artifact.ts";
import { initKeccak } from "../core/keccak.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Sources } from "./claims.ts";
import { requireAll } from "./conditions.ts";
import { type Basis, basisOf } from "./continuation.ts";
import { datasetHashOf } from "./dataset-hash.ts";
import { anotherDatasetHash, anotherRoot, postEpoch, postWords } from "./post.ts";
import { requireProposable, storeProposal } from "./propose.ts";

export interface RunEpochParams extends Sources {
  /** The next one that is due, if not given. */
  readonly epoch?: number | undefined;
  /** Posts the root with this signer; without, nothing but logs is stored, and nothing sent. */
  readonly signer?: Signer | undefined;
  /** Prepares the post for a multisig to sign instead: the distributor's publisher, if it is not named. */
  readonly proposal?: { readonly multisig: Address | undefined } | undefined;
  /** Has the last word on what was computed: what it throws ends the run before anything is stored or sent. */
  readonly confirm?: ((toPost: RootToPost) => Promise<void>) | undefined;
  /** Checks and simulates the post, and stores and sends nothing. */
  readonly dryRun?: boolean | undefined;
  readonly version: string;
  readonly log: (line: string) => void;
}

/** What became of a root. */
export interface PostOutcome {
  readonly status: "dry-run" | "proposed" | "posted" | "already-posted";
  readonly post: Post | undefined;
  readonly transaction: Hex | undefined;
  /** Who is to post what was proposed. */
  readonly multisig?: Address;
}

/** The epoch that is meant, which has ended for good, and the database that was brought up to date for it. */
export interface PreparedEpoch {
  readonly epoch: number;
  readonly state: DistributorState;
  readonly basis: Basis;
}

/** @throws ChainError if the epoch has not ended for good, or the logs contradict the contracts. */
export async function prepareEpoch({
  chain,
  system,
  open,
  log,
  epoch: wanted,
}: RunEpochParams): Promise<PreparedEpoch> {
  await initKeccak();
  const state = await readDistributor(chain.client, system);
  const epoch = wanted ?? nextEpoch(system, state);
  await requireFinal(chain.client, system, epoch, await readBlock(chain.client, "finalized"));
  log(`reading the chain from block ${system.startBlock}, or from where the database is`);
  const basis = await basisOf({ chain, system, ...(await open()), log });
  log(`read up to final block ${basis.finalized.number}; every log was checked against the contracts' state`);
  return { epoch, state, basis };
}

/** The next epoch if it has ended; if it still runs, the one posted last, so that running again says so. */
function nextEpoch(system: System, { nextEpoch: next, timestamp, latest }: DistributorState): number {
  const running = epochAt(system, timestamp);
  return next >= running && latest !== undefined && !latest.vetoed ? latest.epoch : next;
}

/**
 * What stands already, if something does.
 * @throws JobError `conflict` unless it is this very root, with this dataset hash
 */
export async function postedBefore(
  { state, basis }: PreparedEpoch,
  toPost: RootToPost,
): Promise<PostOutcome | undefined> {
  const { epoch } = toPost;
  const { latest } = state;
  const posted = standing(basis.history, state, epoch);
  if (posted === undefined) return undefined;
  if (posted.root !== toPost.root || posted.total !== toPost.total) throw anotherRoot(epoch, posted, toPost);
  const datasetHash = posted.datasetHash ?? (latest && (await datasetHashOf(basis, latest.postNumber)));
  if (datasetHash !== toPost.datasetHash) throw anotherDatasetHash(epoch, datasetHash, toPost.datasetHash);
  const post = latest?.epoch === epoch ? latest : undefined;
  return { status: "already-posted", post, transaction: undefined };
}

function standing(
  history: DistributorHistory,
  { latest }: DistributorState,
  epoch: number,
): { readonly root: Hex; readonly total: bigint; readonly datasetHash?: Hex } | undefined {
  if (latest === undefined || epoch > latest.epoch) return undefined;
  if (epoch === latest.epoch && latest.vetoed) return undefined;
  const logged = standingPost(history, epoch);
  // The database ends at the last final block, and the latest post may be in a later one.
  return epoch < latest.epoch || logged?.postNumber === latest.postNumber ? logged : latest;
}

/**
 * Posts a root, or prepares it for a multisig; without a signer, nothing. `announce` is called once nothing that can be
 * known stands in the way of the post, right before it is sent.
 */
export async function postOrPropose(
  { chain, system, store, signer, proposal, version, log, dryRun }: RunEpochParams,
  toPost: RootToPost,
  artifact: EncodedArtifact | undefined,
  announce: () => void,
): Promise<PostOutcome> {
  const sources = { chain, system, store, version };
  const unsent = { post: undefined, transaction: undefined };
  if (proposal !== undefined) {
    const multisig = await requireProposable(sources, proposal.multisig, toPost);
    if (dryRun) return { ...unsent, status: "dry-run" };
    await storeProposal(sources, toPost, artifact);
    return { ...unsent, status: "proposed", multisig };
  }
  if (signer === undefined) return { ...unsent, status: "dry-run" };
  if (dryRun) {
    await requireAll(sources, signer.address, toPost);
    await chain.client.simulateContract({ ...postCall(system, toPost), account: signer.account });
    log(`would ${postWords(system, toPost)}`);
    return { ...unsent, status: "dry-run" };
  }
  return postEpoch({ ...sources, signer, log, announce }, toPost, artifact);
}
