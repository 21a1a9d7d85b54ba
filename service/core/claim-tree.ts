// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { writeHex } from "./hex.ts";
import { entryBytes, PAYABLE, PackedLeaves, treeOver } from "./packed-leaves.ts";
import { proofAt, type SortedTree, treeRoot } from "./tree.ts";
import type { Address, Hex } from "./types.ts";

/** Bytes of an entry, as packed-leaves.ts has them. */
export const ENTRY = entryBytes(PAYABLE);
const PROVER = 20;
const CUMULATIVE_AT = PROVER;
const COMMISSION_AT = PROVER + PAYABLE;

/** A root's leaves and nodes in two buffers, 112 bytes a leaf: to serve claims from, however many there are. */
export interface ClaimTree {
  readonly root: Hex;
  /** In ascending order of their provers. */
  readonly entries: Uint8Array;
  readonly view: DataView;
  /** Which entry is the first whose prover's leading 16 bits are at least so much. */
  readonly starts: Uint32Array;
  /** Undefined while nobody has earned anything: the empty tree's root is the domain. */
  readonly tree: SortedTree | undefined;
}

/**
 * Hashes entries, and builds the tree over them.
 * @throws InputError if they are cut off, or their provers do not ascend.
 */
export function buildClaimTree(domain: Hex, entries: Uint8Array): ClaimTree {
  const view = viewOf(entries);
  const count = entries.length / ENTRY;
  if (!Number.isInteger(count)) {
    throw new InputError("invalid", "entries", `${entries.length} bytes`, `give ${ENTRY} bytes an entry`);
  }
  const starts = startsOf(view, count);
  for (let i = 1; i < count; i++) {
    if (compareProvers(entries, ENTRY * (i - 1), entries, ENTRY * i) < 0) continue;
    throw new InputError(
      "mismatch",
      "entries",
      `prover ${i} is out of order`,
      "give provers in ascending order",
    );
  }
  const tree = treeOver(domain, new PackedLeaves(entries, PAYABLE));
  return { root: tree === undefined ? domain : treeRoot(tree), entries, view, starts, tree };
}

/** One prover's leaf, and where it stands among the sorted leaves. */
export interface ClaimEntry {
  readonly cumulative: bigint;
  readonly cumulativeCommission: bigint;
  readonly position: number;
}

/**
 * The leaf of a prover, in wei; undefined if the root holds nothing for it. The address is not checked, and may be in
 * any case.
 */
export function entryOf({ entries, view, starts, tree }: ClaimTree, prover: Address): ClaimEntry | undefined {
  const index = indexOf(entries, view, starts, prover);
  if (index < 0 || tree === undefined) return undefined;
  const at = ENTRY * index;
  return {
    cumulative: readAmount(view, at + CUMULATIVE_AT),
    cumulativeCommission: readAmount(view, at + COMMISSION_AT),
    position: tree.positions[index] as number,
  };
}

/** The merkleProof of the leaf at `position`, from its sibling up. @throws InputError if there is none. */
export function merkleProofAt({ tree }: ClaimTree, position: number): Hex[] {
  return tree === undefined ? [] : proofAt(tree, position);
}

/** Bytes that it keeps in memory. */
export function sizeOf({ entries, tree }: ClaimTree): number {
  return entries.length + (tree === undefined ? 0 : tree.nodes.length + tree.positions.byteLength);
}

const PREFIXES = 1 << 16;

/** Halving all entries would miss the cache at nearly every step. */
function startsOf(view: DataView, count: number): Uint32Array {
  const starts = new Uint32Array(PREFIXES + 1);
  let prefix = 0;
  for (let i = 0; i < count; i++) {
    const own = view.getUint16(ENTRY * i);
    while (prefix <= own) starts[prefix++] = i;
  }
  return starts.fill(count, prefix);
}

const WANTED = new Uint8Array(PROVER);
const WANTED_VIEW = new DataView(WANTED.buffer);

/** Where a prover is among the entries, or -1. */
function indexOf(entries: Uint8Array, view: DataView, starts: Uint32Array, prover: Address): number {
  writeHex(prover, WANTED, 0);
  const wanted = WANTED;
  const prefix = WANTED_VIEW.getUint32(0);
  let low = starts[prefix >>> 16] as number;
  let high = (starts[(prefix >>> 16) + 1] as number) - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const at = ENTRY * middle;
    const order = view.getUint32(at) - prefix || compareProvers(entries, at, wanted, 0);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function compareProvers(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let i = 0; i < PROVER; i++) {
    const difference = (a[atA + i] as number) - (b[atB + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function readAmount(view: DataView, at: number): bigint {
  const low = view.getBigUint64(at + 4);
  const high = view.getUint32(at);
  return high === 0 ? low : (BigInt(high) << 64n) + low;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
