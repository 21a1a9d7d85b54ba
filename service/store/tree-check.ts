// SPDX-License-Identifier: AGPL-3.0-only
import { setImmediate as pause } from "node:timers/promises";
import { bytesOf, compare32, hexOf } from "../core/hex.ts";
import { BATCH } from "../core/keccak.ts";
import { parentsOf, parentWidth } from "../core/tree.ts";
import {
  ENTRIES,
  entryAt,
  hashEntries,
  NODE,
  nodeAt,
  PAGE,
  POSITION_AT,
  PROVER,
  TIER,
  TIER_NODES,
  type TreeHead,
  type TreeLayout,
  type TreeLevel,
} from "../core/tree-file.ts";
import type { CachedFile } from "./block-cache.ts";
import type { StoredFile } from "./store.ts";

/** Pages of entries that are hashed at once, and where each of their entries is. */
const PAGES = Math.floor(BATCH / ENTRIES);
const STARTS = Array.from({ length: ENTRIES * PAGES }, (_, k) => entryAt(0, k));
/** Nodes of a tier's lowest level that are looked at together with all above them in their pages. */
const GROUP = 2 * BATCH;

/**
 * Throws unless every leaf follows from its prover and amounts, and every node and the root from the leaves. All is
 * read through the cache, so that it is there when the first claims are asked for; others get their turn in between.
 */
export async function checkTree(
  file: StoredFile,
  head: TreeHead,
  layout: TreeLayout,
  cached: CachedFile,
): Promise<void> {
  if (file.size !== layout.size) throw new Error(`it has ${file.size} bytes, not ${layout.size}`);
  const { levels } = layout;
  const [leaves, top] = [levels[0], levels.at(-1)];
  if (leaves === undefined || top === undefined) {
    if (head.root !== head.domain) throw new Error("the root of no leaves is the domain");
    return;
  }
  await checkEntries(head, layout.entries, leaves, cached);
  await checkOrder(leaves, cached);
  for (let lowest = 0; lowest < levels.length; lowest += TIER) await checkTier(levels.slice(lowest), cached);
  const at = cached.locate(nodeAt(top, 0));
  if (hexOf(cached.memory, at, at + NODE) !== head.root) throw new Error("its nodes do not lead to its root");
}

/** Each entry's leaf is where the entry says: provers that ascend have leaves that differ, so that these are all. */
async function checkEntries(
  head: TreeHead,
  entries: number,
  leaves: TreeLevel,
  { memory, locate }: CachedFile,
): Promise<void> {
  const domain = bytesOf(head.domain);
  const pages = Buffer.alloc(PAGE * PAGES);
  const before = Buffer.alloc(PROVER);
  for (let first = 0; first < head.count; first += STARTS.length) {
    const starts = STARTS.slice(0, head.count - first);
    for (let from = 0; from < starts.length; from += ENTRIES) {
      const [target, at] = [entryAt(0, from), locate(entryAt(entries, first + from))];
      memory.copy(pages, target, at, at + PAGE);
    }
    const hashes = hashEntries(domain, pages, starts);
    for (const [k, start] of starts.entries()) {
      const position = pages.readUInt32BE(start + POSITION_AT);
      if (position >= head.count) throw new Error(`entry ${first + k} has no leaf`);
      if (compare32(hashes, NODE * k, memory, locate(nodeAt(leaves, position))) !== 0) {
        throw new Error(`entry ${first + k} is not what its leaf was made of`);
      }
      if (first + k > 0 && before.compare(pages, start, start + PROVER) >= 0) {
        throw new Error("its provers are out of order");
      }
      pages.copy(before, 0, start, start + PROVER);
    }
    await pause();
  }
}

async function checkOrder(leaves: TreeLevel, cached: CachedFile): Promise<void> {
  const nodes = Buffer.alloc(NODE * (GROUP + 1));
  for (let first = 0; first < leaves.width; first += GROUP) {
    const count = Math.min(GROUP, leaves.width - first);
    // Behind the last of those before.
    nodes.copyWithin(0, NODE * GROUP);
    gather(cached, leaves, first, nodes.subarray(NODE, NODE * (count + 1)));
    for (let k = first === 0 ? 1 : 0; k < count; k++) {
      if (compare32(nodes, NODE * k, nodes, NODE * (k + 1)) >= 0)
        throw new Error("its leaves are out of order");
    }
    await pause();
  }
}

/** `levels` from the lowest of the tier on. */
async function checkTier([lowest, ...above]: readonly TreeLevel[], cached: CachedFile): Promise<void> {
  if (lowest === undefined) return;
  for (let first = 0; first < lowest.width; first += GROUP) {
    let below = lowest;
    for (const [height, next] of above.slice(0, TIER).entries()) {
      const from = first >> height;
      checkNodes(cached, below, next, from, Math.min(GROUP >> height, below.width - from));
      below = next;
    }
    await pause();
  }
}

/** From the node `from` of the level `below` on, so many and their parents. */
function checkNodes(
  cached: CachedFile,
  below: TreeLevel,
  above: TreeLevel,
  from: number,
  count: number,
): void {
  const children = CHILDREN.subarray(0, NODE * count);
  const parents = PARENTS.subarray(0, NODE * parentWidth(count));
  gather(cached, below, from, children);
  gather(cached, above, from / 2, parents);
  const pairs = count >>> 1;
  const expected = parentsOf(children.subarray(0, 2 * NODE * pairs));
  const promoted = count % 2 === 1 && compare32(children, NODE * (count - 1), parents, NODE * pairs) !== 0;
  if (promoted || Buffer.compare(expected, parents.subarray(0, NODE * pairs)) !== 0) {
    throw new Error("a node is not made of the two below it");
  }
}

const CHILDREN = new Uint8Array(NODE * GROUP);
const PARENTS = new Uint8Array((NODE * GROUP) / 2);

/** Fills `out` with nodes of a level, which are side by side in each page. */
function gather({ memory, locate }: CachedFile, level: TreeLevel, from: number, out: Uint8Array): void {
  const span = NODE * (TIER_NODES >> level.height);
  for (let filled = 0; filled < out.length; ) {
    const start = NODE * from + filled;
    const run = Math.min(span - (start % span), out.length - filled);
    const at = locate(nodeAt(level, start / NODE));
    memory.copy(out, filled, at, at + run);
    filled += run;
  }
}
