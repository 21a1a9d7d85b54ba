// SPDX-License-Identifier: AGPL-3.0-only
import { readBlock } from "../chain/blocks.ts";
import { type DistributorHistory, type PostLog, standingPost } from "../core/distributor-history.ts";
import { encodeResult } from "../core/encoded-artifact.ts";
import { computePacked } from "../core/epoch.ts";
import { initKeccak } from "../core/keccak.ts";
import { putArtifact, storedArtifacts } from "../store/artifacts.ts";
import { readPosition } from "../store/deployment.ts";
import { readHistory } from "../store/distributor-history.ts";
import type { Store } from "../store/store.ts";
import { putTree } from "../store/trees.ts";
import { type Basis, continuationOf, inputOf, unrunnableIn } from "./continuation.ts";
import { JobError } from "./errors.ts";
import { anotherDatasetHash, anotherRoot } from "./post.ts";
import type { SyncSources } from "./sources.ts";

interface Posts extends SyncSources {
  readonly store: Store;
}

export interface RestoreParams extends Posts {
  readonly log: (line: string) => void;
  /** Told of each post that is not what the chain's inputs give, or that nobody can compute. */
  readonly onConflict: (error: JobError) => void;
}

/**
 * Makes the artifacts of posted epochs that are not here, from the synced database: nothing that is lost with a data
 * directory is unique, and who only reads needs no publisher to hand them out. Called again, it does nothing until
 * something has changed.
 */
export function artifactRestorer(params: RestoreParams): () => Promise<void> {
  const { chain, log, onConflict } = params;
  let left: string | undefined;

  async function look() {
    const { history, missing, here } = await missingPosts(params);
    return { history, missing, state: `${here} ${missing.map(({ postNumber }) => postNumber)}` };
  }

  return async () => {
    const { history, missing, state } = await look();
    if (missing.length === 0 || state === left) return;
    await initKeccak();
    const basis = { ...params, history, finalized: await readBlock(chain.client, "finalized") };
    for (const post of missing) {
      try {
        if (await restore(basis, post)) log(`made the artifact of epoch ${post.epoch}: ${post.datasetHash}`);
      } catch (error) {
        if (!(error instanceof JobError)) throw error;
        onConflict(error);
      }
    }
    left = (await look()).state;
  };
}

interface MissingPosts {
  readonly history: DistributorHistory;
  /** Standing posts whose artifact is not here, and of whose epoch the logs are checked. */
  readonly missing: readonly PostLog[];
  /** How many artifacts are here. */
  readonly here: number;
}

async function missingPosts({ database, deployment, store }: Posts): Promise<MissingPosts> {
  const [history, position, here] = await Promise.all([
    readHistory(database, deployment),
    readPosition(database, deployment),
    storedArtifacts(store),
  ]);
  const checked = position?.checked ?? -1n;
  const missing = history.posts.filter(
    (post) =>
      standingPost(history, post.epoch) === post &&
      !here.has(post.datasetHash) &&
      checked >= post.snapshotBlock,
  );
  return { history, missing, here: here.size };
}

/** How many missing ones are looked into. */
const EXAMINED = 10;

/** What a restorer would find, without writing anything: of the latest posts whose artifacts are not here. */
export async function examinePosts(
  params: Posts,
): Promise<{ readonly missing: readonly number[]; readonly conflicts: readonly JobError[] }> {
  const { history, missing } = await missingPosts(params);
  await initKeccak();
  const store = { ...params.store, put: async () => undefined };
  const basis = { ...params, store, history, finalized: await readBlock(params.chain.client, "finalized") };
  const lost: number[] = [];
  const conflicts: JobError[] = [];
  for (const post of missing.slice(-EXAMINED)) {
    try {
      if (await restore(basis, post)) lost.push(post.epoch);
    } catch (error) {
      if (!(error instanceof JobError)) throw error;
      conflicts.push(error);
    }
  }
  return { missing: lost, conflicts };
}

/** Whether there was one to make: an epoch that repeats what stands before it has none of its own. */
async function restore(basis: Basis & Posts, post: PostLog): Promise<boolean> {
  const { store, history, system } = basis;
  const { epoch } = post;
  const before = standingPost(history, epoch - 1);
  const [root, total] = [before?.root ?? system.domain, before?.total ?? 0n];
  const repeats =
    post.root === root && post.total === total && post.datasetHash === (before?.datasetHash ?? NONE);
  if (repeats && (before !== undefined || unrunnableIn(basis, epoch) !== undefined)) return false;
  const result = computePacked(await inputOf(basis, epoch, await continuationOf(basis, store, epoch)));
  if (result.root !== post.root || result.total !== post.total) throw anotherRoot(epoch, post, result);
  const encoded = await encodeResult(result);
  if (encoded.datasetHash !== post.datasetHash) {
    // Under the right root claims can be served all the same.
    await putTree(store, post.datasetHash, encoded);
    throw anotherDatasetHash(epoch, post.datasetHash, encoded.datasetHash);
  }
  await putArtifact(store, encoded);
  return true;
}

const NONE = `0x${"0".repeat(64)}`;
