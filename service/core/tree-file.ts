// SPDX-License-Identifier: AGPL-3.0-only
import { encodeCanonical, parseCanonical } from "./canonical.ts";
import { InputError } from "./errors.ts";
import { asCount, asHash } from "./guard.ts";
import { hexOf, writeHex } from "./hex.ts";
import { hashMessagesTwice, keccak256, messageBuffer } from "./keccak.ts";
import { PREIMAGE, PREIMAGE_COMMISSION_AT, PREIMAGE_CUMULATIVE_AT, PREIMAGE_PROVER_AT } from "./leaf.ts";
import type { RewardTree } from "./reward-tree.ts";
import { type Summary, summaryFromJson, summaryToJson } from "./summary.ts";
import { parentWidth, type Tree } from "./tree.ts";
import type { Hex, LeafEntry } from "./types.ts";

// A reward tree as a file that merkleProofs are sliced from without reading the rest:
//
//   head      192 bytes: magic, number of leaves, length of the summary, domain, root, dataset hash, and keccak256 of
//             these and the summary
//   summary   canonical JSON, for whoever keeps the file
//   entries   48 bytes a leaf, by address: prover (20), position of its leaf (4), cumulative (12),
//             cumulativeCommission (12); 85 to a page
//   nodes     32 bytes a node, in tiers of six levels from the leaves up; each page of a tier has 64 nodes that stand
//             side by side, and those above them up to the two that the next tier's node is made of
//
// Numbers are big-endian. Each section begins with a page of 4096 bytes, and what is left of pages is zeros. So what a
// claim needs of a million leaves is in one page of entries and four of nodes; all but the lowest of these are few.

export const PAGE = 4_096;
export const HEAD = 192;
export const NODE = 32;
const ENTRY = 48;
/** Entries a page. */
export const ENTRIES = Math.floor(PAGE / ENTRY);
/** How long the prover is that an entry begins with; and where it has the position of its leaf, and its amounts. */
export const PROVER = 20;
export const POSITION_AT = 20;
export const CUMULATIVE_AT = 24;
export const COMMISSION_AT = 36;
/** Levels a tier, and how many nodes of the lowest one are in a page. */
export const TIER = 6;
export const TIER_NODES = 2 ** TIER;

const AMOUNT = 12;
/** What the distributor can pay in all, and so to anybody. */
const MAX_AMOUNT = (1n << 96n) - 1n;
const MAGIC = "pvtree/2";
const FIXED = 112;
const HEAD_HASH = FIXED;
/** Far above any summary, and little enough to be read from a damaged file. */
const MAX_SUMMARY = 65_536;

export interface TreeHead {
  readonly count: number;
  readonly domain: Hex;
  readonly root: Hex;
  readonly datasetHash: Hex;
  readonly summary: Summary;
}

/** Where the entries begin, where each level's nodes are from the leaves to the root, and where the file ends. */
export interface TreeLayout {
  readonly entries: number;
  readonly levels: readonly TreeLevel[];
  readonly size: number;
}

/** A level of so many nodes, so far up in the tier that begins there. */
export interface TreeLevel {
  readonly tier: number;
  readonly height: number;
  readonly width: number;
}

/** The file's bytes, piece by piece. Throws InputError for an amount that no distributor can pay. */
export function encodeTreeFile(tree: RewardTree, datasetHash: Hex, summary: Summary): Generator<Uint8Array> {
  // At once: whoever writes the pieces takes their errors for those of writing. The commission is a part of it.
  const tooMuch = tree.entries.find(({ cumulative }) => cumulative > MAX_AMOUNT);
  if (tooMuch === undefined) return piecesOf(tree, datasetHash, summary);
  throw new InputError(
    "out-of-range",
    "cumulative",
    `${tooMuch.prover} would have ${tooMuch.cumulative} in all, above the 2^96 - 1 that a distributor can pay`,
    "give amounts in wei of what the distributor holds",
  );
}

function* piecesOf(tree: RewardTree, datasetHash: Hex, summary: Summary): Generator<Uint8Array> {
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
  const layout = layoutOf(count, text.length);
  const front = new Uint8Array(layout.entries);
  front.set(fixed);
  front.set(keccak256(Uint8Array.from([...fixed, ...text])), HEAD_HASH);
  front.set(text, HEAD);
  yield front;
  for (let from = 0; from < count; from += CHUNK * ENTRIES) yield entryPages(tree, from);
  if (tree.tree !== undefined) yield* nodePages(tree.tree, layout);
}

/** Pages that are encoded at once. */
const CHUNK = 64;

function entryPages({ entries, positions }: RewardTree, from: number): Uint8Array {
  const count = Math.min(CHUNK * ENTRIES, entries.length - from);
  const bytes = new Uint8Array(PAGE * Math.ceil(count / ENTRIES));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) {
    const { prover, cumulative, cumulativeCommission } = entries[from + i] as LeafEntry;
    const at = entryAt(0, i);
    writeHex(prover, bytes, at);
    view.setUint32(at + POSITION_AT, positions[from + i] as number);
    writeAmount(cumulative, view, at + CUMULATIVE_AT);
    writeAmount(cumulativeCommission, view, at + COMMISSION_AT);
  }
  return bytes;
}

function writeAmount(amount: bigint, view: DataView, at: number): void {
  view.setUint32(at, Number(amount >> 64n));
  // Takes the low 64 bits.
  view.setBigUint64(at + 4, amount);
}

export function readAmount(view: DataView, at: number): bigint {
  const low = view.getBigUint64(at + 4);
  const high = view.getUint32(at);
  return high === 0 ? low : (BigInt(high) << 64n) + low;
}

/** The leaf hashes of up to BATCH entries, which begin at `starts`, until the next call. */
export function hashEntries(domain: Uint8Array, bytes: Uint8Array, starts: readonly number[]): Uint8Array {
  const preimages = messageBuffer().fill(0);
  // A view for each part would cost more.
  const copy = (from: number, length: number, to: number) => {
    for (let i = 0; i < length; i++) preimages[to + i] = bytes[from + i] as number;
  };
  starts.forEach((entry, k) => {
    const at = PREIMAGE * k;
    preimages.set(domain, at);
    copy(entry, PROVER, at + PREIMAGE_PROVER_AT);
    copy(entry + CUMULATIVE_AT, AMOUNT, at + PREIMAGE_CUMULATIVE_AT + 32 - AMOUNT);
    copy(entry + COMMISSION_AT, AMOUNT, at + PREIMAGE_COMMISSION_AT + 32 - AMOUNT);
  });
  return hashMessagesTwice(PREIMAGE, starts.length);
}

function* nodePages({ nodes }: Tree, { levels }: TreeLayout): Generator<Uint8Array> {
  let from = 0;
  for (let lowest = 0; lowest < levels.length; lowest += TIER) {
    const tier = levels.slice(lowest, lowest + TIER).map(({ height, width }) => {
      const level = nodes.subarray(from, from + NODE * width);
      from += level.length;
      return { at: heightAt(height), level, span: NODE * (TIER_NODES >> height) };
    });
    const pages = pagesOf((levels[lowest] as TreeLevel).width);
    for (let first = 0; first < pages; first += CHUNK) {
      const bytes = new Uint8Array(PAGE * Math.min(CHUNK, pages - first));
      for (const { at, level, span } of tier) {
        for (let page = 0; PAGE * page < bytes.length; page++) {
          const start = span * (first + page);
          bytes.set(level.subarray(start, start + span), PAGE * page + at);
        }
      }
      yield bytes;
    }
  }
}

/** Where the entry of a prover is, by its place among all. */
export function entryAt(entries: number, index: number): number {
  const page = Math.floor(index / ENTRIES);
  return entries + PAGE * page + ENTRY * (index - ENTRIES * page);
}

/** Where the node of a level is. Up to the end of the page, those beside it follow. */
export function nodeAt({ tier, height }: TreeLevel, index: number): number {
  return tier + PAGE * Math.floor(index / (TIER_NODES >> height)) + nodeInPage(height, index);
}

/** Where its page has a node. */
export function nodeInPage(height: number, index: number): number {
  return heightAt(height) + NODE * (index & ((TIER_NODES >> height) - 1));
}

/** Where a page has the nodes of a height: below it are 64, 32 and so on. */
function heightAt(height: number): number {
  return NODE * 2 * (TIER_NODES - (TIER_NODES >> height));
}

function pagesOf(width: number): number {
  return Math.ceil(width / TIER_NODES);
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
  const entries = PAGE * Math.ceil((HEAD + summary) / PAGE);
  let end = entries + PAGE * Math.ceil(count / ENTRIES);
  let tier = end;
  const levels: TreeLevel[] = [];
  for (let width = count; width > 0; width = width === 1 ? 0 : parentWidth(width)) {
    const height = levels.length % TIER;
    if (height === 0) {
      tier = end;
      end += PAGE * pagesOf(width);
    }
    levels.push({ tier, height, width });
  }
  return { entries, levels, size: end };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
