// SPDX-License-Identifier: AGPL-3.0-only
import { formatUnits } from "viem";
import type { Chain } from "../chain/client.ts";
import { type Post, readDistributor } from "../chain/distributor.ts";
import { asChainError, ChainError } from "../chain/errors.ts";
import type { RootToPost } from "../chain/preflight.ts";
import { sendPost } from "../chain/send.ts";
import { latestOf, type Outbox } from "../chain/sending.ts";
import type { Signer } from "../chain/signer.ts";
import type { System } from "../chain/system.ts";
import type { EncodedArtifact } from "../core/encoded-artifact.ts";
import type { Hex } from "../core/types.ts";
import { putArtifact } from "../store/artifacts.ts";
import { getJob, type JobRecord, putJob } from "../store/jobs.ts";
import type { Store } from "../store/store.ts";
import { requireAll } from "./conditions.ts";
import { JobError } from "./errors.ts";
import { outboxOf } from "./outbox.ts";

export interface PostEpochParams {
  readonly chain: Chain;
  readonly system: System;
  readonly store: Store;
  readonly signer: Signer;
  readonly version: string;
  readonly log: (line: string) => void;
  /** Called once nothing that can be known stands in the way, before anything is stored or sent. */
  readonly announce: () => void;
}

/** What a post does, for people. */
export function postWords({ symbol }: System, { epoch, root, total }: RootToPost): string {
  return `post the root ${root} of epoch ${epoch}, with ${formatUnits(total, 18)} ${symbol} earned since epoch 0`;
}

export interface PostResult {
  readonly status: "posted" | "already-posted";
  readonly post: Post;
  /** Undefined if another instance posted it. */
  readonly transaction: Hex | undefined;
}

/**
 * Stores the artifact, then sends the root: what is on chain can always be served from disk. A root that is posted
 * again although nobody knows its leaves has no artifact.
 * @throws JobError where the distributor would not take it; ChainError where it is not mined, or the chain cannot be read
 */
export async function postEpoch(
  params: PostEpochParams,
  root: RootToPost,
  artifact: EncodedArtifact | undefined,
): Promise<PostResult> {
  const { system, store, version, log } = params;
  const { chainId, distributor } = system;
  const { epoch, datasetHash } = root;
  const job: JobRecord = {
    ...{ chainId, distributor, epoch, root: root.root, datasetHash, version },
    ...{ step: "stored", transaction: null, postNumber: null },
  };
  let transaction: Hex | undefined;
  try {
    await requireAll(params, params.signer.address, root);
    params.announce();
    log(`will ${postWords(system, root)}`);
    if (artifact !== undefined) await putArtifact(store, artifact);
    const before = await getJob(store, job);
    if (before?.step !== "sent" || before.root !== root.root) await putJob(store, job);
    transaction = await send(params, root, job);
  } catch (cause) {
    const error = asChainError(cause);
    if (!mayHaveLost(error)) throw error;
    const post = await standing(params, root);
    if (post === undefined) throw error;
    log(`another instance posted the same root for epoch ${epoch}`);
    if (artifact !== undefined) await putArtifact(store, artifact);
    await putJob(store, { ...job, step: "posted", postNumber: post.postNumber });
    return { status: "already-posted", post, transaction: undefined };
  }
  const post = await standing(params, root);
  if (post === undefined) {
    throw new JobError(
      "conflict",
      `transaction ${transaction} was mined, and its root is no longer the latest`,
      "run the command again: it compares the chain's root with the computed one",
    );
  }
  await putJob(store, { ...job, step: "posted", transaction, postNumber: post.postNumber });
  return { status: "posted", post, transaction };
}

async function send(
  { chain, system, store, signer, log }: PostEpochParams,
  root: RootToPost,
  job: JobRecord,
): Promise<Hex> {
  const ofAccount = outboxOf(store, signer);
  const outbox: Outbox = {
    read: ofAccount.read,
    async write(sending) {
      await ofAccount.write(sending);
      await putJob(store, { ...job, step: "sent", transaction: latestOf(sending).hash });
    },
  };
  const receipt = await sendPost(chain.client, system, signer, root, { outbox, log });
  return receipt.transactionHash;
}

/** Whether it may be the other instance's post that stood in the way of ours. */
function mayHaveLost(error: unknown): boolean {
  if (error instanceof JobError) return true;
  return error instanceof ChainError && (error.code === "refused" || error.code === "replaced");
}

/** The latest post, if it is of this root. */
async function standing({ chain, system }: PostEpochParams, root: RootToPost): Promise<Post | undefined> {
  const { latest } = await readDistributor(chain.client, system);
  if (latest === undefined || latest.epoch !== root.epoch || latest.vetoed) return undefined;
  if (latest.root === root.root && latest.total === root.total) return latest;
  throw anotherRoot(root.epoch, latest, root);
}

/** The one alarm that somebody has to be woken for. */
export function anotherRoot(
  epoch: number,
  posted: { readonly root: Hex; readonly total: bigint },
  computed: { readonly root: Hex; readonly total: bigint },
): JobError {
  return new JobError(
    "conflict",
    `ANOTHER ROOT IS POSTED for epoch ${epoch}: the chain holds ${posted.root} (total ${posted.total}), the chain's inputs give ${computed.root} (total ${computed.total})`,
    "if its window still runs, let the guardian or an auditor veto it now; then find out who holds the publisher's key",
  );
}

/** The root is right, and what it is said to come from is not: nobody finds the artifact that was promised. */
export function anotherDatasetHash(epoch: number, posted: Hex | undefined, computed: Hex): JobError {
  return new JobError(
    "conflict",
    `ANOTHER DATASET HASH IS POSTED for epoch ${epoch}, under the right root: the chain holds ${posted ?? "none"}, the chain's inputs give ${computed}`,
    "if its window still runs, let the guardian or an auditor veto it now, and post anew; then find out who holds the publisher's key",
  );
}
