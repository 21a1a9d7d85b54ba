// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "./types.ts";

const SMALL_DIGITS = new TextEncoder().encode("0123456789abcdef");
const PREFIX = new TextEncoder().encode("0x");
const TEXT = new TextDecoder();

/** 0x and the digits, in lower case, of the bytes from `from` up to, but without, `to`. */
export function hexOf(bytes: Uint8Array, from = 0, to = bytes.length): Hex {
  const text = new Uint8Array(PREFIX.length + 2 * (to - from));
  writeText(bytes, from, to, text, 0);
  return TEXT.decode(text) as Hex;
}

/** The 32 bytes from each of `starts` on, cut from one text: to make it costs more than to write its digits. */
export function hashesOf(bytes: Uint8Array, starts: readonly number[]): Hex[] {
  const width = PREFIX.length + 2 * 32;
  const text = new Uint8Array(width * starts.length);
  starts.forEach((from, i) => {
    writeText(bytes, from, from + 32, text, width * i);
  });
  const all = TEXT.decode(text);
  return starts.map((_, i) => all.slice(width * i, width * (i + 1)) as Hex);
}

function writeText(bytes: Uint8Array, from: number, to: number, text: Uint8Array, at: number): void {
  text.set(PREFIX, at);
  for (let i = from, o = at + PREFIX.length; i < to; i++, o += 2) {
    const byte = bytes[i] as number;
    text[o] = SMALL_DIGITS[byte >> 4] as number;
    text[o + 1] = SMALL_DIGITS[byte & 15] as number;
  }
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
