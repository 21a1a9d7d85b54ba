// SPDX-License-Identifier: AGPL-3.0-only
import {
  type ArtifactLeaves,
  LONGEST_END,
  readArtifactHead,
  readArtifactLeaves,
} from "../core/artifact-reader.ts";
import type { EncodedArtifact } from "../core/encoded-artifact.ts";
import { hashParts } from "../core/keccak.ts";
import { PAYABLE, PackedLeaves } from "../core/packed-leaves.ts";
import type { Hex } from "../core/types.ts";
import { type Store, StoreError } from "./store.ts";
import { partsOf, passingParts } from "./stored-parts.ts";
import { getTree, putTree } from "./trees.ts";

/**
 * Artifacts are named by their dataset hash, and are checked against it whenever they are read. The tree that
 * merkleProofs are served from is put beside them.
 */
export async function putArtifact(store: Store, encoded: EncodedArtifact): Promise<void> {
  const { datasetHash: hash } = encoded;
  await store.put(keyOf(hash), encoded.parts());
  await putTree(store, hash, encoded);
}

/** Where artifacts and trees are read from. */
export type ArtifactSource = Pick<Store, "get" | "open" | "where" | "renew">;

/** Whether it is here, and what its name says. @throws StoreError if it is not what its name says. */
export async function hasArtifact(store: ArtifactSource, hash: Hex): Promise<boolean> {
  const file = await openArtifact(store, hash, new Map());
  await file?.close();
  return file !== undefined;
}

/**
 * The leaves of a root that was posted with this dataset hash, if the artifact is here, and of that root and total: read
 * from the tree beside it, or where that is missing or damaged from its rows.
 * @throws StoreError if the artifact is not what its name says; InputError if that is none.
 */
export async function getLeaves(
  store: ArtifactSource,
  hash: Hex,
  { root, total }: { readonly root: Hex; readonly total: bigint },
): Promise<PackedLeaves | undefined> {
  const head = await withArtifact(store, hash, async (file) =>
    readArtifactHead(file.passing(), await file.last(LONGEST_END)),
  );
  if (head?.root !== root || head.total !== total) return undefined;
  const tree = await getTree(store, hash).catch((error) => {
    if (error instanceof StoreError && error.code === "damaged") return undefined;
    throw error;
  });
  if (tree?.head.root === root) return new PackedLeaves(tree.tree.entries, PAYABLE);
  return (await readArtifact(store, hash))?.leaves;
}

/**
 * All of it but its rows. `checked` is that of `openArtifact`.
 * @throws StoreError if it is not what its name says; InputError if that is no artifact.
 */
export function readArtifact(
  store: ArtifactSource,
  hash: Hex,
  checked = new Map<Hex, string>(),
): Promise<ArtifactLeaves | undefined> {
  return withArtifact(store, hash, (file) => readArtifactLeaves(file.passing()), checked);
}

async function withArtifact<T>(
  store: ArtifactSource,
  hash: Hex,
  action: (file: ArtifactFile) => Promise<T>,
  checked = new Map<Hex, string>(),
): Promise<T | undefined> {
  const file = await openArtifact(store, hash, checked);
  if (file === undefined) return undefined;
  try {
    return await action(file);
  } finally {
    await file.close();
  }
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
  /** The same, each of which holds until the next is asked for. */
  readonly passing: () => AsyncGenerator<Uint8Array>;
  /** So many bytes of its end, or all of it if it is shorter. */
  readonly last: (length: number) => Promise<Uint8Array>;
  readonly close: () => Promise<void>;
}

/**
 * A damaged one gives way to a copy from elsewhere. `checked` remembers which files were read through and found to be
 * what they are called.
 * @throws StoreError if it is not what its name says, and there is no other.
 */
export async function openArtifact(
  store: ArtifactSource,
  hash: Hex,
  checked: Map<Hex, string>,
): Promise<ArtifactFile | undefined> {
  try {
    return await openWhole(store, hash, checked);
  } catch (error) {
    if (!(error instanceof StoreError && error.code === "damaged")) throw error;
    const isRenewed = await store.renew?.(keyOf(hash)).catch(() => false);
    if (!isRenewed) throw error;
    return openWhole(store, hash, checked);
  }
}

async function openWhole(
  store: ArtifactSource,
  hash: Hex,
  checked: Map<Hex, string>,
): Promise<ArtifactFile | undefined> {
  const file = await store.open(keyOf(hash));
  if (file === undefined) return undefined;
  try {
    if (checked.get(hash) !== file.identity) {
      requireHash(store, hash, await hashParts(passingParts(file)));
      checked.set(hash, file.identity);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    size: file.size,
    parts: () => partsOf(file),
    passing: () => passingParts(file),
    async last(length) {
      const part = new Uint8Array(Math.min(length, file.size));
      await file.read(part, file.size - part.length);
      return part;
    },
    close: () => file.close(),
  };
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
