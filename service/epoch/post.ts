// SPDX-License-Identifier: AGPL-3.0-only
import type { Chain } from "../chain/client.ts";
import { type Post, readDistributor } from "../chain/distributor.ts";
import { preconditions, type RootToPost } from "../chain/preflight.ts";
import { isKnown, receiptOf, sendPost } from "../chain/send.ts";
import type { Signer } from "../chain/signer.ts";
import type { System } from "../chain/system.ts";
import type { Hex } from "../core/types.ts";
import { putArtifact } from "../store/artifacts.ts";
import { getJob, type JobRecord, putJob } from "../store/jobs.ts";
import type { Store } from "../store/store.ts";
import { JobError } from "./errors.ts";

export interface PostEpochParams {
  readonly chain: Chain;
  readonly system: System;
  readonly store: Store;
  readonly signer: Signer;
  readonly version: string;
  readonly log: (line: string) => void;
}

/** Stores the artifact, then sends the root: what is on chain can always be served from disk. */
export async function postEpoch(
  params: PostEpochParams,
  post: RootToPost,
  artifact: Uint8Array,
): Promise<{ post: Post; transaction: Hex }> {
  const { chain, system, store, signer, version, log } = params;
  const { client } = chain;
  const { chainId, distributor } = system;
  const before = await getJob(store, { chainId, distributor, epoch: post.epoch });

  const pending = await pendingTransaction(chain, before, post);
  if (pending === undefined) {
    await requireAll(params, post);
    await putArtifact(store, artifact);
  }
  const job: JobRecord = {
    chainId,
    distributor,
    epoch: post.epoch,
    step: "stored",
    root: post.root,
    datasetHash: post.datasetHash,
    transaction: null,
    postNumber: null,
    version,
  };
  let transaction = pending;
  if (transaction === undefined) {
    await putJob(store, job);
    transaction = await sendPost(client, system, signer, post);
    await putJob(store, { ...job, step: "sent", transaction });
    log(`sent transaction ${transaction}`);
  } else {
    log(`waiting for transaction ${transaction}, which an earlier run sent`);
  }

  await receiptOf(client, transaction);
  const { latest } = await readDistributor(client, system);
  if (latest?.epoch !== post.epoch || latest.root !== post.root) {
    throw new JobError(
      "conflict",
      `transaction ${transaction} was mined, but the latest root is ${latest?.root ?? "none"}`,
      "run the command again: it compares the chain's root with the computed one",
    );
  }
  await putJob(store, { ...job, step: "posted", transaction, postNumber: latest.postNumber });
  return { post: latest, transaction };
}

/** The transaction of a run that was stopped before its receipt came. */
async function pendingTransaction(
  { client }: Chain,
  job: JobRecord | undefined,
  post: RootToPost,
): Promise<Hex | undefined> {
  if (job?.step !== "sent" || job.transaction === null || job.root !== post.root) return undefined;
  if (!(await isKnown(client, job.transaction))) return undefined;
  return job.transaction;
}

async function requireAll({ chain, system, signer }: PostEpochParams, post: RootToPost): Promise<void> {
  const failed = (await preconditions(chain.client, system, signer.address, post)).find(
    ({ holds }) => !holds,
  );
  if (failed === undefined) return;
  throw new JobError(
    failed.passes ? "not-ready" : "refused",
    `nothing was sent (${failed.name}): ${failed.message}`,
    failed.hint,
  );
}
