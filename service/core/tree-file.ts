// SPDX-License-Identifier: AGPL-3.0-only
import { encodeCanonical, parseCanonical } from "./canonical.ts";
import { InputError } from "./errors.ts";
import { asCount, asHash } from "./guard.ts";
import { hexOf, writeHex, writeUint } from "./hex.ts";
import { keccak256 } from "./keccak.ts";
import type { RewardTree } from "./reward-tree.ts";
import { type Summary, summaryFromJson, summaryToJson } from "./summary.ts";
import { nodeCount } from "./tree.ts";
import type { Hex, LeafEntry } from "./types.ts";

// A reward tree as a file that merkleProofs are sliced from without reading the rest:
//
//   head      192 bytes: magic, number of leaves, length of the summary, domain, root, dataset hash, and keccak256 of
//             these and the summary
//   summary   canonical JSON, for whoever keeps the file
//   index     32 bytes a leaf, by address: prover (20), position of its leaf (4), zeros
//   amounts   64 bytes a leaf, by address: cumulative, cumulativeCommission
//   nodes     32 bytes a node: all leaves in ascending order, then each level above, the root last
//
// Numbers are big-endian. Every section begins at a multiple of 64, so that nothing in it lies across such a boundary.

export const HEAD = 192;
export const INDEX_ENTRY = 32;
export const AMOUNTS_ENTRY = 64;
export const NODE = 32;
/** Where an index entry has the position of its leaf. */
export const POSITION_AT = 20;

const MAGIC = "pvtree/1";
const FIXED = 112;
const HEAD_HASH = FIXED;
/** Far above any summary, and little enough to be read from a damaged file. */
const MAX_SUMMARY = 65_536;
/** Entries that are encoded at once. */
const CHUNK = 4_096;

export interface TreeHead {
  readonly count: number;
  readonly domain: Hex;
  readonly root: Hex;
  readonly datasetHash: Hex;
  readonly summary: Summary;
}

/** Where each section begins, and the file ends. */
export interface TreeLayout {
  readonly index: number;
  readonly amounts: number;
  readonly nodes: number;
  readonly size: number;
}

/** The file's bytes, piece by piece. */
export function* encodeTreeFile(tree: RewardTree, datasetHash: Hex, summary: Summary): Generator<Uint8Array> {
  const text = encodeCanonical(summaryToJson(summary));
  const { length: count } = tree.entries;
  const fixed = new Uint8Array(FIXED);
  const view = new DataView(fixed.buffer);
  fixed.set(new TextEncoder().encode(MAGIC));
  view.setUint32(8, count);
  view.setUint32(12, text.length);
  writeHex(tree.domain, fixed, 16);
  writeHex(tree.root, fixed, 48);
  writeHex(asHash(datasetHash, "datasetHash"), fixed, 80);
  const front = new Uint8Array(layoutOf(count, text.length).index);
  front.set(fixed);
  front.set(keccak256(Uint8Array.from([...fixed, ...text])), HEAD_HASH);
  front.set(text, HEAD);
  yield front;
  for (let from = 0; from < count; from += CHUNK) yield indexOf(tree, from, Math.min(CHUNK, count - from));
  for (let from = 0; from < count; from += CHUNK) yield amountsOf(tree.entries.slice(from, from + CHUNK));
  if (tree.tree !== undefined) yield tree.tree.nodes;
}

function indexOf({ entries, positions }: RewardTree, from: number, count: number): Uint8Array {
  const bytes = new Uint8Array(aligned(INDEX_ENTRY * count));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    writeHex((entries[from + i] as LeafEntry).prover, bytes, INDEX_ENTRY * i);
    view.setUint32(INDEX_ENTRY * i + POSITION_AT, positions[from + i] as number);
  }
  return bytes;
}

function amountsOf(entries: readonly LeafEntry[]): Uint8Array {
  const bytes = new Uint8Array(AMOUNTS_ENTRY * entries.length);
  const view = new DataView(bytes.buffer);
  entries.forEach(({ cumulative, cumulativeCommission }, i) => {
    writeUint(cumulative, view, AMOUNTS_ENTRY * i);
    writeUint(cumulativeCommission, view, AMOUNTS_ENTRY * i + 32);
  });
  return bytes;
}

/** How long head and summary are together, by the first bytes of the file; checked by `decodeTreeHead`. */
export function frontLength(head: Uint8Array): number {
  return HEAD + Math.min(viewOf(head).getUint32(12), MAX_SUMMARY);
}

/** `front` is the file's first `frontLength` bytes. */
export function decodeTreeHead(front: Uint8Array): { head: TreeHead; layout: TreeLayout } {
  const fixed = front.subarray(0, FIXED);
  const text = front.subarray(HEAD);
  const stated = hexOf(front, HEAD_HASH, HEAD_HASH + 32);
  const isTree = new TextDecoder().decode(fixed.subarray(0, MAGIC.length)) === MAGIC;
  if (!isTree || hexOf(keccak256(Uint8Array.from([...fixed, ...text]))) !== stated) {
    throw new InputError("mismatch", "head", "is not what its hash says", "build the file again");
  }
  const count = asCount(viewOf(fixed).getUint32(8), "head.count");
  return {
    head: {
      count,
      domain: hexOf(fixed, 16, 48),
      root: hexOf(fixed, 48, 80),
      datasetHash: hexOf(fixed, 80, 112),
      summary: summaryFromJson(parseCanonical(text)),
    },
    layout: layoutOf(count, text.length),
  };
}

function layoutOf(count: number, summary: number): TreeLayout {
  const index = aligned(HEAD + summary);
  const amounts = index + aligned(INDEX_ENTRY * count);
  const nodes = amounts + AMOUNTS_ENTRY * count;
  return { index, amounts, nodes, size: nodes + (count === 0 ? 0 : NODE * nodeCount(count)) };
}

function aligned(length: number): number {
  return Math.ceil(length / 64) * 64;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
