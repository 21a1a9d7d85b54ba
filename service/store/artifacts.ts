// SPDX-License-Identifier: AGPL-3.0-only
import { type Artifact, datasetHash, decodeArtifact } from "../core/artifact.ts";
import type { Hex } from "../core/types.ts";
import { type Store, StoreError } from "./store.ts";

/** Artifacts are named by their dataset hash, and are checked against it whenever they are read. */
export async function putArtifact(store: Store, bytes: Uint8Array): Promise<Hex> {
  decodeArtifact(bytes);
  const hash = datasetHash(bytes);
  await store.put(keyOf(hash), bytes);
  return hash;
}

export interface StoredArtifact {
  readonly artifact: Artifact;
  readonly bytes: Uint8Array;
}

export async function getArtifact(store: Store, hash: Hex): Promise<StoredArtifact | undefined> {
  const key = keyOf(hash);
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  const found = datasetHash(bytes);
  if (found !== hash) {
    throw new StoreError(
      "damaged",
      `${store.where(key)} is damaged or was edited: its bytes hash to ${found}`,
      "delete it: it is rebuilt from the chain, or copied from another auditor",
    );
  }
  return { artifact: decodeArtifact(bytes), bytes };
}

function keyOf(hash: Hex): string {
  return `artifacts/${hash}.json`;
}
