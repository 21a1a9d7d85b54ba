// SPDX-License-Identifier: AGPL-3.0-only
import { leavesOf } from "../core/epoch.ts";
import { buildRewardTree, type RewardTree } from "../core/reward-tree.ts";
import type { Hex } from "../core/types.ts";
import { getArtifact, type StoredArtifact } from "../store/artifacts.ts";
import type { Store } from "../store/store.ts";

export interface Artifacts {
  readonly artifact: (datasetHash: Hex) => Promise<StoredArtifact | undefined>;
  /** The tree to slice merkleProofs from. */
  readonly tree: (datasetHash: Hex) => Promise<RewardTree | undefined>;
}

/** The active root and a pending one are what is asked for; the others serve whoever compares epochs. */
const KEPT = 4;

/** Artifacts and their trees by dataset hash, the last few in memory: what a hash names never changes. */
export function artifactCache(store: Store, domain: Hex): Artifacts {
  const artifact = keepLast((hash: Hex) => getArtifact(store, hash));
  const tree = keepLast(async (hash: Hex) => {
    const stored = await artifact(hash);
    return stored && buildRewardTree(domain, leavesOf(stored.artifact.rows));
  });
  return { artifact, tree };
}

function keepLast<T>(load: (hash: Hex) => Promise<T | undefined>): (hash: Hex) => Promise<T | undefined> {
  const kept = new Map<Hex, Promise<T | undefined>>();
  return async (hash) => {
    const known = kept.get(hash) ?? load(hash);
    // Entered anew, a key is the youngest.
    kept.delete(hash);
    kept.set(hash, known);
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT) break;
      kept.delete(oldest);
    }
    try {
      const value = await known;
      // One that is not here yet may arrive.
      if (value === undefined && kept.get(hash) === known) kept.delete(hash);
      return value;
    } catch (error) {
      if (kept.get(hash) === known) kept.delete(hash);
      throw error;
    }
  };
}
