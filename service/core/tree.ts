// SPDX-License-Identifier: AGPL-3.0-only
import { InputError, invariant } from "./errors.ts";
import { asHash } from "./guard.ts";
import { bytesOf, compare32, hashesOf, hexOf } from "./hex.ts";
import { BATCH, hashMessages, keccak256, messageBuffer } from "./keccak.ts";
import { sortedIndices } from "./order.ts";
import type { Hex } from "./types.ts";

const HASH = 32;
const WORDS = HASH / 4;

/**
 * A Merkle tree as one buffer: all leaves in ascending order, then each level above, the root last. A level of n nodes
 * is followed by one of ceil(n/2); pairs are hashed in ascending order and an odd node is promoted unchanged. The
 * buffer needs no header: `count` gives its whole layout.
 */
export interface Tree {
  readonly count: number;
  readonly nodes: Uint8Array;
}

export interface SortedTree extends Tree {
  /** Where each leaf, in the order given, stands among the sorted ones. */
  readonly positions: Uint32Array;
}

/**
 * `writeLeaves` gets zeroed room for `count` ≥ 1 leaves of 32 bytes, and fills it in any order.
 * @throws InputError for a leaf that is there twice.
 */
export function buildTreeOf(count: number, writeLeaves: (out: Uint8Array) => void): SortedTree {
  // Shared memory, though with nobody: as much of the ordinary kind makes the engine look for garbage among all entries.
  const nodes = new Uint8Array(new SharedArrayBuffer(HASH * nodeCount(count)));
  // The upper levels' room is free until the leaves are sorted. It may overlap the sorted ones by a single leaf, which
  // has been read by the time it is written over.
  const given = nodes.subarray(nodes.length - HASH * count);
  writeLeaves(given);
  const positions = sortInto(given, count, nodes);
  hashLevels(nodes, count);
  const tree = { count, nodes, positions };
  assertSample(tree);
  return tree;
}

/** How many nodes a tree of `count` leaves has, the leaves among them. */
export function nodeCount(count: number): number {
  let nodes = count;
  for (let width = count; width > 1; ) {
    width = parentWidth(width);
    nodes += width;
  }
  return nodes;
}

/** The last of its nodes. */
export function treeRoot(tree: Tree): Hex {
  return hexOf(tree.nodes, tree.nodes.length - HASH);
}

/** The sorted leaf at `position`. @throws InputError if there is none. */
export function leafAt(tree: Tree, position: number): Hex {
  checkPosition(tree, position);
  return hexOf(tree.nodes, HASH * position, HASH * (position + 1));
}

/**
 * The merkleProof of the sorted leaf at `position`, from its sibling up.
 * @throws InputError if there is no such leaf.
 */
export function proofAt(tree: Tree, position: number): Hex[] {
  checkPosition(tree, position);
  return hashesOf(tree.nodes, siblingsOf(tree.count, position));
}

/** Which nodes are the merkleProof of the leaf at `position`: an odd node, which is promoted, needs none. */
function siblingsOf(count: number, position: number): number[] {
  const siblings: number[] = [];
  let start = 0;
  let index = position;
  for (let width = count; width > 1; width = parentWidth(width)) {
    const sibling = index ^ 1;
    if (sibling < width) siblings.push(start + sibling);
    start += width;
    index >>= 1;
  }
  return siblings;
}

/** Whether a leaf and the siblings from it up lead to the root. @throws InputError for what is no hash. */
export function verifyProof(leaf: Hex, merkleProof: readonly Hex[], root: Hex): boolean {
  let node = asHash(leaf, "leaf");
  merkleProof.forEach((sibling, i) => {
    node = parentOf(node, asHash(sibling, `merkleProof[${i}]`));
  });
  return node === asHash(root, "root");
}

/** The hash of two checked nodes, the smaller first. */
export function parentOf(node: Hex, sibling: Hex): Hex {
  const pair = new Uint8Array(2 * HASH);
  const nodeFirst = node < sibling;
  pair.set(bytesOf(nodeFirst ? node : sibling), 0);
  pair.set(bytesOf(nodeFirst ? sibling : node), HASH);
  return hexOf(keccak256(pair));
}

/** How many nodes stand above `width` of them. */
function parentWidth(width: number): number {
  return (width + 1) >>> 1;
}

function checkPosition(tree: Tree, position: number): void {
  if (!Number.isInteger(position) || position < 0 || position >= tree.count) {
    throw new InputError(
      "out-of-range",
      "position",
      `${position} of ${tree.count} leaves`,
      "give a leaf's position",
    );
  }
}

/** Writes the leaves to `nodes` in ascending order and returns the position of each. */
function sortInto(leaves: Uint8Array, count: number, nodes: Uint8Array): Uint32Array {
  const view = new DataView(leaves.buffer, leaves.byteOffset, leaves.byteLength);
  const prefixes = new Uint32Array(count);
  for (let i = 0; i < count; i++) prefixes[i] = view.getUint32(HASH * i);
  const order = sortedIndices(
    prefixes,
    (a, b) => compare32(leaves, HASH * a, leaves, HASH * b),
    (a, b) => new InputError("duplicate", "leaves", `leaf ${b} repeats leaf ${a}`, "give each leaf once"),
  );
  const from = wordsOf(leaves);
  const to = wordsOf(nodes);
  const positions = new Uint32Array(count);
  for (let position = 0; position < count; position++) {
    const index = order[position] as number;
    copyHash(from, WORDS * index, to, WORDS * position);
    positions[index] = position;
  }
  return positions;
}

function hashLevels(nodes: Uint8Array, count: number): void {
  let from = 0;
  for (let width = count; width > 1; width = parentWidth(width)) {
    const to = from + HASH * width;
    const pairCount = width >>> 1;
    for (let first = 0; first < pairCount; first += BATCH) {
      const pairs = nodes.subarray(
        from + 2 * HASH * first,
        from + 2 * HASH * Math.min(first + BATCH, pairCount),
      );
      // Leaves are in order already.
      nodes.set(from === 0 ? parentsOfSorted(pairs) : parentsOf(pairs), to + HASH * first);
    }
    if (width % 2 === 1) nodes.copyWithin(to + HASH * pairCount, to - HASH, to);
    from = to;
  }
}

function parentsOfSorted(pairs: Uint8Array): Uint8Array {
  messageBuffer().set(pairs);
  return hashMessages(2 * HASH, pairs.length / (2 * HASH));
}

/** The parents of up to BATCH pairs of nodes that stand side by side, until the next call. */
function parentsOf(pairs: Uint8Array): Uint8Array {
  const count = pairs.length / (2 * HASH);
  const messages = messageBuffer();
  messages.set(pairs);
  const words = wordsOf(messages);
  for (let k = 0; k < count; k++) {
    const left = 2 * HASH * k;
    if (compare32(messages, left, messages, left + HASH) > 0) swapHashes(words, 2 * WORDS * k);
  }
  return hashMessages(2 * HASH, count);
}

/** Four bytes at a time, where a multiple of four allows it: a view for each of the hashes would cost more. */
function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
}

/** Without a loop, which would take twice as long. */
function copyHash(source: Int32Array, from: number, target: Int32Array, to: number): void {
  target[to] = source[from] as number;
  target[to + 1] = source[from + 1] as number;
  target[to + 2] = source[from + 2] as number;
  target[to + 3] = source[from + 3] as number;
  target[to + 4] = source[from + 4] as number;
  target[to + 5] = source[from + 5] as number;
  target[to + 6] = source[from + 6] as number;
  target[to + 7] = source[from + 7] as number;
}

function swapHashes(words: Int32Array, left: number): void {
  for (let i = left; i < left + WORDS; i++) {
    const word = words[i] as number;
    words[i] = words[i + WORDS] as number;
    words[i + WORDS] = word;
  }
}

/** Builds on nothing that built the tree but the hash: a wrong level offset or order would show in one of these. */
function assertSample(tree: SortedTree): void {
  const root = treeRoot(tree);
  for (const index of new Set([0, tree.count >>> 1, tree.count - 1])) {
    const position = tree.positions[index] as number;
    invariant(
      verifyProof(leafAt(tree, position), proofAt(tree, position), root),
      "a leaf's merkleProof leads to the root",
    );
  }
}
