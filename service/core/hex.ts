// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "./types.ts";

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hexOf(bytes: Uint8Array, from = 0, to = bytes.length): Hex {
  let hex = "0x";
  for (let i = from; i < to; i++) hex += PAIRS[bytes[i] as number];
  return hex as Hex;
}

const NOT_A_DIGIT = 16;
const DIGITS = Uint8Array.from({ length: 128 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? NOT_A_DIGIT : value;
});

/** Digits and small letters have a bit that capital letters lack. */
const SMALL = 0x20;

/** What kind of digits stand after `0x`; of hashes and addresses, small ones alone make one text of one value. */
type Digits = "small" | "mixed" | "not hexadecimal";

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

/** The first 32 bits after `0x`; of what is not hexadecimal, whatever comes out. */
export function prefixOf(hex: string): number {
  let prefix = 0;
  for (let i = 2; i < 10; i++) prefix = (prefix << 4) | ((DIGITS[hex.charCodeAt(i) & 127] as number) & 15);
  return prefix >>> 0;
}

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
