// SPDX-License-Identifier: AGPL-3.0-only
import { bytesOf, compare32, hexOf } from "../core/hex.ts";
import { BATCH } from "../core/keccak.ts";
import { hashLeafBytes } from "../core/leaf.ts";
import { parentsOf, parentWidth } from "../core/tree.ts";
import {
  AMOUNTS_ENTRY,
  INDEX_ENTRY,
  NODE,
  POSITION_AT,
  type TreeHead,
  type TreeLayout,
} from "../core/tree-file.ts";
import type { CachedFile } from "./block-cache.ts";
import type { StoredFile } from "./store.ts";

/** Throws unless every leaf follows from its prover and amounts, and every node and the root from the leaves. */
export async function checkTree(
  file: StoredFile,
  head: TreeHead,
  layout: TreeLayout,
  cached: CachedFile,
): Promise<void> {
  if (file.size !== layout.size) throw new Error(`it has ${file.size} bytes, not ${layout.size}`);
  if (head.count === 0) {
    if (head.root !== head.domain) throw new Error("the root of no leaves is the domain");
    return;
  }
  await checkLeaves(file, head, layout, cached);
  let from = layout.nodes;
  for (let width = head.count; width > 1; width = parentWidth(width)) {
    const to = from + NODE * width;
    await checkLevel(file, { from, to, width, sorted: from === layout.nodes });
    from = to;
  }
  const root = new Uint8Array(NODE);
  await file.read(root, from);
  if (hexOf(root) !== head.root) throw new Error("its nodes do not lead to its root");
}

/** Each entry's leaf is where the index says; so leaves that ascend are those of the entries, and no others. */
async function checkLeaves(
  file: StoredFile,
  head: TreeHead,
  layout: TreeLayout,
  { locate, memory }: CachedFile,
): Promise<void> {
  const domain = bytesOf(head.domain);
  const index = new Uint8Array(INDEX_ENTRY * BATCH);
  const amounts = new Uint8Array(AMOUNTS_ENTRY * BATCH);
  const view = new DataView(index.buffer);
  const before = new Uint8Array(NODE);
  for (let first = 0; first < head.count; first += BATCH) {
    const count = Math.min(BATCH, head.count - first);
    await file.read(index.subarray(0, INDEX_ENTRY * count), layout.index + INDEX_ENTRY * first);
    await file.read(amounts.subarray(0, AMOUNTS_ENTRY * count), layout.amounts + AMOUNTS_ENTRY * first);
    const leaves = hashLeafBytes(domain, index, INDEX_ENTRY, amounts.subarray(0, AMOUNTS_ENTRY * count));
    for (let k = 0; k < count; k++) {
      const position = view.getUint32(INDEX_ENTRY * k + POSITION_AT);
      if (position >= head.count) throw new Error(`entry ${first + k} has no leaf`);
      if (compare32(leaves, NODE * k, memory, locate(layout.nodes + NODE * position)) !== 0) {
        throw new Error(`entry ${first + k} is not what its leaf was made of`);
      }
      const prover = index.subarray(INDEX_ENTRY * k, INDEX_ENTRY * (k + 1));
      if (first + k > 0 && compare32(before, 0, prover, 0) >= 0)
        throw new Error("its provers are out of order");
      before.set(prover);
    }
  }
}

interface Level {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly sorted: boolean;
}

async function checkLevel(file: StoredFile, { from, to, width, sorted }: Level): Promise<void> {
  const nodes = new Uint8Array(2 * NODE * BATCH);
  const parents = new Uint8Array(NODE * BATCH);
  for (let first = 0; first < width; first += 2 * BATCH) {
    const count = Math.min(2 * BATCH, width - first);
    const children = nodes.subarray(0, NODE * count);
    const above = parents.subarray(0, NODE * parentWidth(count));
    await file.read(children, from + NODE * first);
    await file.read(above, to + (NODE * first) / 2);
    if (sorted) assertAscending(children);
    const pairs = count >>> 1;
    const expected = parentsOf(children.subarray(0, 2 * NODE * pairs));
    const promoted = count % 2 === 1 && compare32(children, NODE * (count - 1), above, NODE * pairs) !== 0;
    if (promoted || Buffer.compare(expected, above.subarray(0, NODE * pairs)) !== 0) {
      throw new Error("a node is not made of the two below it");
    }
  }
}

function assertAscending(leaves: Uint8Array): void {
  for (let at = NODE; at < leaves.length; at += NODE) {
    if (compare32(leaves, at - NODE, leaves, at) >= 0) throw new Error("its leaves are out of order");
  }
}
