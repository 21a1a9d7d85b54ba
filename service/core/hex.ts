// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "./types.ts";

const DIGITS_OF = new TextEncoder().encode("0123456789abcdef");
const TEXT = new TextDecoder();
/** The two digits of each byte as they lie in memory, to be written at once. */
const PAIRS = new Uint16Array(
  Uint8Array.from({ length: 512 }, (_, i) => DIGITS_OF[i % 2 === 0 ? i >> 5 : (i >> 1) & 15] as number)
    .buffer,
);
const [PREFIX = 0] = new Uint16Array(new TextEncoder().encode("0x").buffer);

/** 0x and the digits, in lower case, of the bytes from `from` up to, but without, `to`. */
export function hexOf(bytes: Uint8Array, from = 0, to = bytes.length): Hex {
  const pairs = new Uint16Array(1 + to - from);
  writePairs(bytes, from, to, pairs, 0);
  return TEXT.decode(pairs) as Hex;
}

const HASH = 32;
const PAIRS_A_HASH = 1 + HASH;
let hashes = new Uint16Array(0);

/** Some of the hashes, 32 bytes each, of which `bytes` consist: cut from one text, as to make it costs more than its digits. */
export function hashesOf(bytes: Uint8Array, indices: readonly number[]): Hex[] {
  const length = PAIRS_A_HASH * indices.length;
  if (hashes.length < length) hashes = new Uint16Array(length);
  // Where they lie far apart, memory fetches all at once if each is touched before the first is written.
  let touched = 0;
  for (let i = 0; i < indices.length; i++) touched |= bytes[HASH * (indices[i] as number)] as number;
  hashes[0] = touched;
  for (let i = 0; i < indices.length; i++) {
    const from = HASH * (indices[i] as number);
    writePairs(bytes, from, from + HASH, hashes, PAIRS_A_HASH * i);
  }
  const all = TEXT.decode(hashes.length === length ? hashes : hashes.subarray(0, length));
  const width = 2 * PAIRS_A_HASH;
  return indices.map((_, i) => all.slice(width * i, width * (i + 1)) as Hex);
}

function writePairs(bytes: Uint8Array, from: number, to: number, pairs: Uint16Array, at: number): void {
  pairs[at] = PREFIX;
  let [i, o] = [from, at + 1];
  // Four at a time: whether an index is within is asked less often.
  for (; i + 4 <= to; i += 4, o += 4) {
    pairs[o] = PAIRS[bytes[i] as number] as number;
    pairs[o + 1] = PAIRS[bytes[i + 1] as number] as number;
    pairs[o + 2] = PAIRS[bytes[i + 2] as number] as number;
    pairs[o + 3] = PAIRS[bytes[i + 3] as number] as number;
  }
  for (; i < to; i++, o++) pairs[o] = PAIRS[bytes[i] as number] as number;
}

const NOT_A_DIGIT = 16;
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? NOT_A_DIGIT : value;
});

/** Digits and lower case have a bit that capital letters lack. */
const SMALL = 0x20;

/** What kind of digits stand after `0x`; of hashes and addresses, small ones alone make one text of one value. */
export type Digits = "small" | "mixed" | "not hexadecimal";

/** Writes the digits after `0x` to `out`, starting at `at`. */
export function writeHex(hex: string, out: Uint8Array, at: number): Digits {
  let codes = 0;
  let digits = 0;
  let common = SMALL;
  for (let i = 2, o = at; i < hex.length; i += 2, o++) {
    const first = hex.charCodeAt(i);
    const second = hex.charCodeAt(i + 1);
    const high = DIGITS[first & 127] as number;
    const low = DIGITS[second & 127] as number;
    codes |= first | second;
    common &= first & second;
    digits |= high | low;
    out[o] = (high << 4) | low;
  }
  if (codes >= DIGITS.length || digits >= NOT_A_DIGIT) return "not hexadecimal";
  return common === SMALL ? "small" : "mixed";
}

/** The bytes whose digits follow 0x; they are not checked. */
export function bytesOf(hex: Hex): Uint8Array {
  const out = new Uint8Array((hex.length - 2) / 2);
  writeHex(hex, out, 0);
  return out;
}

const TWO_POW_128 = 1n << 128n;

/** Writes a value below 2^256 as one big-endian 32-byte word; every byte of the word is written. */
export function writeUint(value: bigint, out: DataView, at: number): void {
  // setBigUint64 takes the low 64 bits of what it is given.
  const small = value < TWO_POW_128;
  out.setBigUint64(at, small ? 0n : value >> 192n);
  out.setBigUint64(at + 8, small ? 0n : value >> 128n);
  out.setBigUint64(at + 16, value >> 64n);
  out.setBigUint64(at + 24, value);
}

/** Bytewise order of two 32-byte strings, which may lie in different buffers. */
export function compare32(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let i = 0; i < 32; i++) {
    const difference = (a[atA + i] as number) - (b[atB + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
