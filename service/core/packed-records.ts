// SPDX-License-Identifier: AGPL-3.0-only
import { type Digits, hexOf, writeHex, writeUint } from "./hex.ts";
import type { Address } from "./types.ts";

/** Records in one piece of memory: few enough that the last one may be left half empty. */
const PORTION_BITS = 11;
const PORTION = 1 << PORTION_BITS;
const ADDRESS = 20;

/**
 * Records of one width as bytes, apart from what the engine looks through for garbage: a million objects of bigints
 * take ten times the memory. A field is the place where it begins in its record; whoever uses records names them.
 */
export class PackedRecords {
  length = 0;
  readonly #width: number;
  readonly #views: DataView[] = [];
  readonly #bytes: Uint8Array[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  /** The number of a new record, all of it 0. */
  add(): number {
    const index = this.length++;
    if (index >>> PORTION_BITS === this.#views.length) {
      // Shared memory, though with nobody: as much of the ordinary kind makes the engine look for garbage.
      const memory = new SharedArrayBuffer(PORTION * this.#width);
      this.#views.push(new DataView(memory));
      this.#bytes.push(new Uint8Array(memory));
    }
    return index;
  }

  /** 32 bytes. */
  uint(index: number, field: number): bigint {
    const view = this.#view(index);
    const at = this.#at(index, field);
    const low = view.getBigUint64(at + 24);
    const isSmall = (view.getUint32(at + 16) | view.getUint32(at + 20)) === 0;
    const middle = isSmall ? low : (view.getBigUint64(at + 16) << 64n) | low;
    const isMiddle =
      (view.getInt32(at) | view.getInt32(at + 4) | view.getInt32(at + 8) | view.getInt32(at + 12)) === 0;
    return isMiddle ? middle : (view.getBigUint64(at) << 192n) | (view.getBigUint64(at + 8) << 128n) | middle;
  }

  /** The low 256 bits of a value that is not negative. */
  setUint(index: number, field: number, value: bigint): void {
    writeUint(value, this.#view(index), this.#at(index, field));
  }

  /** Adds 32 bytes that stand elsewhere, as a big-endian number; false if the sum takes more. */
  addWord(index: number, field: number, word: DataView, from: number): boolean {
    const view = this.#view(index);
    const at = this.#at(index, field);
    let carry = 0;
    for (let i = 28; i >= 0; i -= 4) {
      const sum = view.getUint32(at + i) + word.getUint32(from + i) + carry;
      view.setUint32(at + i, sum);
      carry = sum > 0xffff_ffff ? 1 : 0;
    }
    return carry === 0;
  }

  /** 8 bytes. */
  number(index: number, field: number): number {
    return this.#view(index).getFloat64(this.#at(index, field));
  }

  setNumber(index: number, field: number, value: number): void {
    this.#view(index).setFloat64(this.#at(index, field), value);
  }

  /** 4 bytes, signed. */
  int(index: number, field: number): number {
    return this.#view(index).getInt32(this.#at(index, field));
  }

  setInt(index: number, field: number, value: number): void {
    this.#view(index).setInt32(this.#at(index, field), value);
  }

  /** 20 bytes, in lower case. */
  address(index: number, field: number): Address {
    const at = this.#at(index, field);
    return hexOf(this.#bytes[index >>> PORTION_BITS] as Uint8Array, at, at + ADDRESS);
  }

  /** What was written is an address only if its digits are hexadecimal and 40. */
  setAddress(index: number, field: number, hex: string): Digits {
    return writeHex(hex, this.#bytes[index >>> PORTION_BITS] as Uint8Array, this.#at(index, field));
  }

  /** The first four bytes of a field. */
  prefix(index: number, field: number): number {
    return this.#view(index).getUint32(this.#at(index, field));
  }

  /** Where two addresses, in their order, differ; 0 if they don't. */
  compareAddresses(a: number, b: number, field: number): number {
    const [viewA, viewB] = [this.#view(a), this.#view(b)];
    const [atA, atB] = [this.#at(a, field), this.#at(b, field)];
    for (let i = 0; i < ADDRESS; i += 4) {
      const difference = viewA.getUint32(atA + i) - viewB.getUint32(atB + i);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** The same for an address that is elsewhere. */
  compareBytes(index: number, field: number, bytes: Uint8Array, from: number): number {
    const own = this.#bytes[index >>> PORTION_BITS] as Uint8Array;
    const at = this.#at(index, field);
    for (let i = 0; i < ADDRESS; i++) {
      const difference = (own[at + i] as number) - (bytes[from + i] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** A number of 32 bits on which all of an address has a say. */
  mixed(index: number, field: number): number {
    const view = this.#view(index);
    const at = this.#at(index, field);
    let hash = 0;
    for (let i = 0; i < ADDRESS; i += 4) hash = Math.imul(hash ^ view.getInt32(at + i), 0x9e3779b1);
    return (hash ^ (hash >>> 15)) >>> 0;
  }

  /** Copies an address to `out`. */
  copyAddress(index: number, field: number, out: Uint8Array, to: number): void {
    const bytes = this.#bytes[index >>> PORTION_BITS] as Uint8Array;
    const at = this.#at(index, field);
    for (let i = 0; i < ADDRESS; i++) out[to + i] = bytes[at + i] as number;
  }

  #view(index: number): DataView {
    return this.#views[index >>> PORTION_BITS] as DataView;
  }

  #at(index: number, field: number): number {
    return (index & (PORTION - 1)) * this.#width + field;
  }
}
