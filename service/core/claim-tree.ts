// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { writeHex } from "./hex.ts";
import { BATCH, hashMessagesTwice, messageBuffer } from "./keccak.ts";
import { PREIMAGE, PREIMAGE_COMMISSION_AT, PREIMAGE_CUMULATIVE_AT, PREIMAGE_PROVER_AT } from "./leaf.ts";
import { buildTreeOf, type SortedTree, treeRoot } from "./tree.ts";
import type { Address, Hex, LeafEntry } from "./types.ts";

/** Bytes of an entry: prover (20), cumulative (12), cumulativeCommission (12); amounts are big-endian. */
export const ENTRY = 44;
const PROVER = 20;
const CUMULATIVE_AT = 20;
const COMMISSION_AT = 32;
const AMOUNT = 12;
/** What the distributor can pay in all, and so to anybody. */
const MAX_AMOUNT = (1n << 96n) - 1n;

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
 * Leaves, in ascending order of their provers, as they are kept in memory and on disk.
 * @throws InputError for an amount that no distributor can pay.
 */
export function encodeEntries(leaves: readonly LeafEntry[]): Uint8Array {
  const entries = new Uint8Array(ENTRY * leaves.length);
  const view = viewOf(entries);
  leaves.forEach(({ prover, cumulative, cumulativeCommission }, i) => {
    // The commission is a part of it.
    if (cumulative > MAX_AMOUNT) {
      throw new InputError(
        "out-of-range",
        "cumulative",
        `${prover} would have ${cumulative} in all, above the 2^96 - 1 that a distributor can pay`,
        "give amounts in wei of what the distributor holds",
      );
    }
    const at = ENTRY * i;
    writeHex(prover, entries, at);
    writeAmount(cumulative, view, at + CUMULATIVE_AT);
    writeAmount(cumulativeCommission, view, at + COMMISSION_AT);
  });
  return entries;
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
  if (count === 0) return { root: domain, entries, view, starts, tree: undefined };
  for (let i = 1; i < count; i++) {
    if (compareProvers(entries, ENTRY * (i - 1), entries, ENTRY * i) < 0) continue;
    throw new InputError(
      "mismatch",
      "entries",
      `prover ${i} is out of order`,
      "give provers in ascending order",
    );
  }
  const tree = buildTreeOf(count, (out) => writeLeaves(domain, entries, out));
  return { root: treeRoot(tree), entries, view, starts, tree };
}

/** One prover's leaf, and where it stands among the sorted leaves. */
export interface ClaimEntry {
  readonly cumulative: bigint;
  readonly cumulativeCommission: bigint;
  readonly position: number;
}

/** The leaf of a prover, in lower case; undefined if the root holds nothing for it. */
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

/** Bytes that it keeps in memory. */
export function sizeOf({ entries, tree }: ClaimTree): number {
  return entries.length + (tree === undefined ? 0 : tree.nodes.length + tree.positions.byteLength);
}

function writeLeaves(domain: Hex, entries: Uint8Array, out: Uint8Array): void {
  const preimages = messageBuffer().fill(0);
  for (let k = 0; k < BATCH; k++) writeHex(domain, preimages, PREIMAGE * k);
  // A view for each part would cost more.
  const copy = (from: number, length: number, to: number) => {
    for (let i = 0; i < length; i++) preimages[to + i] = entries[from + i] as number;
  };
  const total = entries.length / ENTRY;
  for (let from = 0; from < total; from += BATCH) {
    const count = Math.min(BATCH, total - from);
    for (let k = 0; k < count; k++) {
      const entry = ENTRY * (from + k);
      const at = PREIMAGE * k;
      copy(entry, PROVER, at + PREIMAGE_PROVER_AT);
      copy(entry + CUMULATIVE_AT, AMOUNT, at + PREIMAGE_CUMULATIVE_AT + 32 - AMOUNT);
      copy(entry + COMMISSION_AT, AMOUNT, at + PREIMAGE_COMMISSION_AT + 32 - AMOUNT);
    }
    out.set(hashMessagesTwice(PREIMAGE, count), 32 * from);
  }
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

function writeAmount(amount: bigint, view: DataView, at: number): void {
  view.setUint32(at, Number(amount >> 64n));
  // Takes the low 64 bits.
  view.setBigUint64(at + 4, amount);
}

function readAmount(view: DataView, at: number): bigint {
  const low = view.getBigUint64(at + 4);
  const high = view.getUint32(at);
  return high === 0 ? low : (BigInt(high) << 64n) + low;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
