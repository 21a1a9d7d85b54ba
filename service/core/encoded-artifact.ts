// SPDX-License-Identifier: AGPL-3.0-only
import { type Artifact, artifactOf, datasetHash, encodeArtifact } from "./artifact.ts";
import type { EpochResult } from "./epoch.ts";
import type { RewardTree } from "./reward-tree.ts";
import type { Hex } from "./types.ts";

/** An epoch as it is published: the artifact, its bytes and their hash, and the tree of its leaves. */
export interface EncodedArtifact {
  readonly artifact: Artifact;
  readonly bytes: Uint8Array;
  readonly datasetHash: Hex;
  readonly tree: RewardTree;
}

/** An epoch's result with the bytes that are published, and their hash. */
export function encodeResult(result: EpochResult): EncodedArtifact {
  const artifact = artifactOf(result);
  const bytes = encodeArtifact(artifact);
  return { artifact, bytes, datasetHash: datasetHash(bytes), tree: result.tree };
}
