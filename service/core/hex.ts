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

/** Writes the digits after `0x` to `out`, starting at `at`; false if some of them are not hexadecimal. */
export function writeHex(hex: string, out: Uint8Array, at: number): boolean {
  let codes = 0;
  let digits = 0;
  for (let i = 2, o = at; i < hex.length; i += 2, o++) {
    const first = hex.charCodeAt(i);
    const second = hex.charCodeAt(i + 1);
    const high = DIGITS[first & 127] as number;
    const low = DIGITS[second & 127] as number;
    codes |= first | second;
    digits |= high | low;
    out[o] = (high << 4) | low;
  }
  return codes < DIGITS.length && digits < NOT_A_DIGIT;
}

export function bytesOf(hex: Hex): Uint8Array {
  const out = new Uint8Array((hex.length - 2) / 2);
  writeHex(hex, out, 0);
  return out;
}

const TWO_POW_64 = 1n << 64n;
const TWO_POW_128 = 1n << 128n;

/** Writes a value below 2^256 as one big-endian 32-byte word; every byte of the word is written. */
export function writeUint(value: bigint, out: DataView, at: number): void {
  // setBigUint64 takes the low 64 bits of what it is given. Comparing costs less than shifting: it allocates nothing.
  out.setBigUint64(at, value < TWO_POW_128 ? 0n : value >> 192n);
  out.setBigUint64(at + 8, value < TWO_POW_128 ? 0n : value >> 128n);
  out.setBigUint64(at + 16, value < TWO_POW_64 ? 0n : value >> 64n);
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
