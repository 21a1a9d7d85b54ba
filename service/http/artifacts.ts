// SPDX-License-Identifier: AGPL-3.0-only
import type { FastifyBaseLogger } from "fastify";
import { InputError } from "../core/errors.ts";
import type { Hex } from "../core/types.ts";
import { type ArtifactFile, getArtifact, openArtifact } from "../store/artifacts.ts";
import { blockCache } from "../store/block-cache.ts";
import { type Store, StoreError } from "../store/store.ts";
import { openTree, putTree, type StoredTree, treeInMemory } from "../store/trees.ts";
import type { Metrics } from "./metrics.ts";

export interface Artifacts {
  /** An artifact's bytes, to be passed on. */
  readonly file: (datasetHash: Hex) => Promise<ArtifactFile | undefined>;
  /** The tree to slice merkleProofs from. Use it at once: it is closed when many others were asked for. */
  readonly tree: (datasetHash: Hex) => StoredTree | Promise<StoredTree | undefined>;
  readonly close: () => Promise<void>;
}

/** The active root and a pending one are what is asked for; the others serve whoever compares epochs. */
const OPEN_TREES = 16;
/** A tree of a million leaves is a file of 113 MB: nearly all of it fits in. */
const CACHE = 96 * 2 ** 20;
const CHECKED = 1_000;

export interface ArtifactsOptions {
  readonly log: FastifyBaseLogger | undefined;
  readonly metrics: Metrics;
}

export function artifactsOf(store: Store, { log, metrics }: ArtifactsOptions): Artifacts {
  const cache = blockCache(CACHE);
  const checked = new Map<Hex, string>();
  // The oldest first.
  const trees = new Map<Hex, StoredTree | Promise<StoredTree | undefined>>();
  let youngest: Hex | undefined;

  async function load(hash: Hex): Promise<StoredTree | undefined> {
    try {
      const tree = await openTree(store, hash, cache);
      if (tree !== undefined) return tree;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== "damaged") throw error;
      metrics.mismatch("artifact");
      log?.warn({ hash }, error.message);
    }
    return rebuild(hash);
  }

  /** From the artifact. Another process that does the same writes the same file. */
  async function rebuild(hash: Hex): Promise<StoredTree | undefined> {
    const stored = await getArtifact(store, hash);
    if (stored === undefined) return undefined;
    try {
      await putTree(store, hash, stored.artifact);
      return await openTree(store, hash, cache);
    } catch (error) {
      if (error instanceof InputError) {
        // What a publisher posted need not be what anybody can claim from.
        metrics.mismatch("artifact");
        log?.warn({ hash }, `the artifact makes no tree: ${error.message}`);
        return undefined;
      }
      if (!(error instanceof StoreError) || error.code !== "unwritable") throw error;
      log?.warn({ hash }, `${error.message}: the tree is kept in memory`);
      return treeInMemory(hash, stored.artifact, cache);
    }
  }

  function loadOnce(hash: Hex): Promise<StoredTree | undefined> {
    const loading = load(hash);
    const replace = (tree?: StoredTree) => {
      if (trees.get(hash) !== loading) return;
      if (tree !== undefined) trees.set(hash, tree);
      // One that is not here yet may arrive.
      else trees.delete(hash);
    };
    loading.then(replace, () => replace());
    return loading;
  }

  function closeOldest(): void {
    for (const [hash, tree] of trees) {
      if (trees.size <= OPEN_TREES) return;
      trees.delete(hash);
      // Whoever was given it a moment ago still reads from it.
      Promise.resolve(tree).then(
        (opened) => opened && setImmediate(() => void opened.close()),
        () => undefined,
      );
    }
  }

  return {
    async file(hash) {
      if (checked.size > CHECKED) checked.clear();
      return openArtifact(store, hash, checked);
    },
    tree(hash) {
      const known = trees.get(hash);
      if (known !== undefined && hash === youngest) return known;
      const tree = known ?? loadOnce(hash);
      trees.delete(hash);
      trees.set(hash, tree);
      youngest = hash;
      closeOldest();
      return tree;
    },
    async close() {
      const opened = await Promise.allSettled(trees.values());
      trees.clear();
      for (const tree of opened) if (tree.status === "fulfilled") await tree.value?.close();
    },
  };
}
