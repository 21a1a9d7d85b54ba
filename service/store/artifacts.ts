// SPDX-License-Identifier: AGPL-3.0-only
import { type Artifact, datasetHash, decodeArtifact } from "../core/artifact.ts";
import type { EncodedArtifact } from "../core/encoded-artifact.ts";
import { hashParts } from "../core/keccak.ts";
import type { Hex } from "../core/types.ts";
import { type Store, type StoredFile, StoreError } from "./store.ts";
import { putTree } from "./trees.ts";

/**
 * Artifacts are named by their dataset hash, and are checked against it whenever they are read. The tree that
 * merkleProofs are served from is put beside them.
 */
export async function putArtifact(store: Store, encoded: EncodedArtifact): Promise<void> {
  const { artifact, bytes, datasetHash: hash } = encoded;
  await store.put(keyOf(hash), bytes);
  await putTree(store, hash, artifact);
}

export interface StoredArtifact {
  readonly artifact: Artifact;
  readonly bytes: Uint8Array;
}

/** Where artifacts are read from. */
export type ArtifactSource = Pick<Store, "get" | "where">;

/** Undefined if it is not here. @throws StoreError if its bytes are not what its name says. */
export async function getArtifact(store: ArtifactSource, hash: Hex): Promise<StoredArtifact | undefined> {
  const key = keyOf(hash);
  const bytes = await store.get(key);
  if (bytes === undefined) return undefined;
  requireHash(store, hash, datasetHash(bytes));
  return { artifact: decodeArtifact(bytes), bytes };
}

/** The dataset hashes of those that are here, damaged or not. */
export async function storedArtifacts(store: Store): Promise<Set<Hex>> {
  const keys = await store.list("artifacts/");
  return new Set(keys.flatMap((key) => (/^artifacts\/(0x[0-9a-f]{64})\.json$/.exec(key)?.[1] as Hex) ?? []));
}

/** An artifact to be read in parts, for whoever only passes it on. */
export interface ArtifactFile {
  readonly size: number;
  readonly parts: () => AsyncGenerator<Uint8Array>;
  readonly close: () => Promise<void>;
}

const PART = 65_536;

/** `checked` remembers which files were read through and found to be what they are called. */
export async function openArtifact(
  store: Store,
  hash: Hex,
  checked: Map<Hex, string>,
): Promise<ArtifactFile | undefined> {
  const file = await store.open(keyOf(hash));
  if (file === undefined) return undefined;
  try {
    if (checked.get(hash) !== file.identity) {
      requireHash(store, hash, await hashParts(partsOf(file)));
      checked.set(hash, file.identity);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return { size: file.size, parts: () => partsOf(file), close: () => file.close() };
}

async function* partsOf(file: StoredFile): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += PART) {
    // A new one each time: who reads them may not have passed on the last.
    const part = new Uint8Array(Math.min(PART, file.size - at));
    await file.read(part, at);
    yield part;
  }
}

function requireHash(store: ArtifactSource, hash: Hex, found: Hex): void {
  if (found === hash) return;
  throw new StoreError(
    "damaged",
    `${store.where(keyOf(hash))} is damaged or was edited: its bytes hash to ${found}`,
    "delete it: it is rebuilt from the chain, or copied from another auditor",
  );
}

function keyOf(hash: Hex): string {
  return `artifacts/${hash}.json`;
}
