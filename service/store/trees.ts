// SPDX-License-Identifier: AGPL-3.0-only
import type { ArtifactLeaves } from "../core/artifact-reader.ts";
import type { ClaimTree } from "../core/claim-tree.ts";
import { domainOf } from "../core/leaf.ts";
import { summaryOf } from "../core/summary.ts";
import { decodeTreeFile, decodeTreeHead, encodeTreeFile, FRONT, type TreeHead } from "../core/tree-file.ts";
import type { Hex } from "../core/types.ts";
import { type Store, StoreError } from "./store.ts";

/** A root's leaves, beside the artifact that they are in, and made from nothing else. */
export interface StoredTree {
  readonly head: TreeHead;
  readonly tree: ClaimTree;
}

/** @throws InputError for an amount that no distributor can pay; StoreError if it cannot be written. */
export async function putTree(store: Store, datasetHash: Hex, artifact: ArtifactLeaves): Promise<void> {
  await store.put(treeKey(datasetHash), treeFileOf(datasetHash, artifact));
}

/** The parts of the file that `putTree` puts. */
function treeFileOf(datasetHash: Hex, { head, provers, leaves }: ArtifactLeaves): Uint8Array[] {
  const domain = domainOf(head.chainId, head.distributor);
  return encodeTreeFile(leaves, { domain, root: head.root, datasetHash, summary: summaryOf(head, provers) });
}

/** Undefined if there is none. @throws StoreError if it is damaged: its leaves do not lead to its root. */
export async function getTree(
  store: Pick<Store, "get" | "where">,
  datasetHash: Hex,
): Promise<StoredTree | undefined> {
  const bytes = await store.get(treeKey(datasetHash));
  return bytes && decoded(store, datasetHash, () => decodeTreeFile(bytes));
}

/** The head alone, of which more than its hash is not checked. @throws StoreError if it is damaged. */
export async function getTreeHead(
  store: Pick<Store, "open" | "where">,
  datasetHash: Hex,
): Promise<TreeHead | undefined> {
  const file = await store.open(treeKey(datasetHash));
  if (file === undefined) return undefined;
  try {
    const front = new Uint8Array(Math.min(FRONT, file.size));
    await file.read(front, 0);
    return decoded(store, datasetHash, () => ({ head: decodeTreeHead(front) })).head;
  } finally {
    await file.close();
  }
}

function decoded<T extends { readonly head: TreeHead }>(
  store: Pick<Store, "where">,
  datasetHash: Hex,
  decode: () => T,
): T {
  try {
    const found = decode();
    if (found.head.datasetHash === datasetHash) return found;
    throw new Error(`it is the tree of ${found.head.datasetHash}`);
  } catch (cause) {
    throw new StoreError(
      "damaged",
      `${store.where(treeKey(datasetHash))} is damaged or was edited: ${(cause as Error).message}`,
      "delete it: it is made again from the artifact beside it",
      { cause },
    );
  }
}

function treeKey(datasetHash: Hex): string {
  return `artifacts/${datasetHash}.tree`;
}
