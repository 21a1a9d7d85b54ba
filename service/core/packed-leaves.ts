// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { hexOf, writeHex, writeUint } from "./hex.ts";
import { BATCH, hashMessagesTwice, messageBuffer } from "./keccak.ts";
import { PREIMAGE, PREIMAGE_COMMISSION_AT, PREIMAGE_CUMULATIVE_AT, PREIMAGE_PROVER_AT } from "./leaf.ts";
import { buildTreeOf, type SortedTree, treeRoot } from "./tree.ts";
import type { Hex, LeafEntry } from "./types.ts";

const PROVER = 20;
/** Bytes of an amount that a distributor can pay, and of any. */
export const PAYABLE = 12;
const ANY = 32;
/** What the distributor can pay in all, and so to anybody. */
const MAX_PAYABLE = (1n << 96n) - 1n;

/**
 * A root's leaves in one buffer, in ascending order of their provers: each its prover (20 bytes), cumulative and
 * cumulativeCommission, big-endian, in `amountBytes` bytes each.
 */
export class PackedLeaves implements Iterable<LeafEntry> {
  readonly entries: Uint8Array;
  readonly amountBytes: number;
  readonly length: number;
  readonly #view: DataView;

  constructor(entries: Uint8Array, amountBytes: number) {
    this.entries = entries;
    this.amountBytes = amountBytes;
    this.length = entries.length / entryBytes(amountBytes);
    this.#view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  }

  *[Symbol.iterator](): Generator<LeafEntry> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  at(index: number): LeafEntry {
    const at = this.start(index);
    return {
      prover: hexOf(this.entries, at, at + PROVER),
      cumulative: this.cumulative(index),
      cumulativeCommission: this.commission(index),
    };
  }

  /** Where a leaf's bytes, and so its prover's, begin. */
  start(index: number): number {
    return index * entryBytes(this.amountBytes);
  }

  cumulative(index: number): bigint {
    return this.#amount(this.start(index) + PROVER);
  }

  commission(index: number): bigint {
    return this.#amount(this.start(index) + PROVER + this.amountBytes);
  }

  #amount(at: number): bigint {
    const end = at + this.amountBytes;
    let amount = this.#view.getBigUint64(end - 8);
    let shift = 64n;
    for (let from = end - 12; from >= at; from -= 4, shift += 32n) {
      const word = this.#view.getUint32(from);
      if (word !== 0) amount |= BigInt(word) << shift;
    }
    return amount;
  }
}

/** Of one leaf: its prover and two amounts. */
export function entryBytes(amountBytes: number): number {
  return PROVER + 2 * amountBytes;
}

/** Takes leaves in ascending order of their provers; `most` is no less than any amount. */
export class LeafPacker {
  readonly #amountBytes: number;
  #entries: Uint8Array;
  #view: DataView;
  #length = 0;
  readonly #word = new Uint8Array(32);
  readonly #wordView = new DataView(this.#word.buffer);

  constructor(most: bigint, capacity = 1_024) {
    this.#amountBytes = most <= MAX_PAYABLE ? PAYABLE : ANY;
    this.#entries = new Uint8Array(capacity * entryBytes(this.#amountBytes));
    this.#view = new DataView(this.#entries.buffer);
  }

  add(prover: string, cumulative: bigint, cumulativeCommission: bigint): void {
    const at = this.#room();
    writeHex(prover, this.#entries, at);
    this.#amounts(at, cumulative, cumulativeCommission);
  }

  /** With a prover whose bytes `write` puts where it is told. */
  addBytes(
    write: (out: Uint8Array, at: number) => void,
    cumulative: bigint,
    cumulativeCommission: bigint,
  ): void {
    const at = this.#room();
    write(this.#entries, at);
    this.#amounts(at, cumulative, cumulativeCommission);
  }

  done(): PackedLeaves {
    return new PackedLeaves(
      this.#entries.subarray(0, this.#length * entryBytes(this.#amountBytes)),
      this.#amountBytes,
    );
  }

  #amounts(at: number, cumulative: bigint, cumulativeCommission: bigint): void {
    this.#amount(at + PROVER, cumulative);
    this.#amount(at + PROVER + this.#amountBytes, cumulativeCommission);
  }

  #amount(at: number, amount: bigint): void {
    if (this.#amountBytes === PAYABLE) {
      this.#view.setUint32(at, Number(amount >> 64n));
      // Takes the low 64 bits.
      this.#view.setBigUint64(at + 4, amount);
    } else {
      writeUint(amount, this.#wordView, 0);
      this.#entries.set(this.#word, at);
    }
  }

  /** Where the next one goes. */
  #room(): number {
    const width = entryBytes(this.#amountBytes);
    const at = width * this.#length++;
    if (at + width > this.#entries.length) {
      const larger = new Uint8Array(2 * this.#entries.length + width);
      larger.set(this.#entries);
      this.#entries = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }
}

/**
 * Leaves, in ascending order of their provers, as they are kept in memory and on disk.
 * @throws InputError for an amount that no distributor can pay.
 */
export function packLeaves(leaves: Iterable<LeafEntry>): PackedLeaves {
  const packer = new LeafPacker(MAX_PAYABLE);
  for (const leaf of leaves) {
    requirePayable(leaf);
    packer.add(leaf.prover, leaf.cumulative, leaf.cumulativeCommission);
  }
  return packer.done();
}

/** @throws InputError, naming the first leaf of which a distributor cannot pay as much. */
export function requireAllPayable(leaves: PackedLeaves): void {
  if (leaves.amountBytes === PAYABLE) return;
  for (const leaf of leaves) requirePayable(leaf);
}

/** The commission is a part of it. */
function requirePayable({ prover, cumulative }: LeafEntry): void {
  if (cumulative <= MAX_PAYABLE) return;
  throw new InputError(
    "out-of-range",
    "cumulative",
    `${prover} would have ${cumulative} in all, above the 2^96 - 1 that a distributor can pay`,
    "give amounts in wei of what the distributor holds",
  );
}

/** The tree over leaves; undefined if there are none. */
export function treeOver(
  domain: Hex,
  { entries, amountBytes, length }: PackedLeaves,
): SortedTree | undefined {
  if (length === 0) return undefined;
  return buildTreeOf(length, (out) => writeLeaves(domain, entries, amountBytes, out));
}

/** What leaves lead to: the domain, if there are none. */
export function rootOf(domain: Hex, leaves: PackedLeaves): Hex {
  const tree = treeOver(domain, leaves);
  return tree === undefined ? domain : treeRoot(tree);
}

function writeLeaves(domain: Hex, entries: Uint8Array, amountBytes: number, out: Uint8Array): void {
  const preimages = messageBuffer().fill(0);
  for (let k = 0; k < BATCH; k++) writeHex(domain, preimages, PREIMAGE * k);
  // A view for each part would cost more.
  const copy = (from: number, length: number, to: number) => {
    for (let i = 0; i < length; i++) preimages[to + i] = entries[from + i] as number;
  };
  const width = entryBytes(amountBytes);
  const total = entries.length / width;
  for (let from = 0; from < total; from += BATCH) {
    const count = Math.min(BATCH, total - from);
    for (let k = 0; k < count; k++) {
      const entry = width * (from + k);
      const at = PREIMAGE * k;
      copy(entry, PROVER, at + PREIMAGE_PROVER_AT);
      copy(entry + PROVER, amountBytes, at + PREIMAGE_CUMULATIVE_AT + 32 - amountBytes);
      copy(entry + PROVER + amountBytes, amountBytes, at + PREIMAGE_COMMISSION_AT + 32 - amountBytes);
    }
    out.set(hashMessagesTwice(PREIMAGE, count), 32 * from);
  }
}
