// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "./types.ts";

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hexOf(bytes: Uint8Array, from = 0, to = bytes.length): Hex {
  let hex = "0x";
  for (let i = from; i < to; i++) hex += PAIRS[bytes[i] as number];
  return hex as Hex;
}

/** The digit at `index` of a text already known to be hexadecimal. */
function digit(hex: string, index: number): number {
  const code = hex.charCodeAt(index);
  // '0'-'9' are 48-57; 'a'-'f' and 'A'-'F' end in the same four bits, counted from 1.
  return code < 58 ? code - 48 : (code & 15) + 9;
}

/** Writes the digits after `0x` to `out`, starting at `at`. The text must be valid hexadecimal. */
export function writeHex(hex: Hex, out: Uint8Array, at: number): void {
  for (let i = 2, o = at; i < hex.length; i += 2, o++) {
    out[o] = (digit(hex, i) << 4) | digit(hex, i + 1);
  }
}

export function bytesOf(hex: Hex): Uint8Array {
  const out = new Uint8Array((hex.length - 2) / 2);
  writeHex(hex, out, 0);
  return out;
}

/** Writes a value below 2^256 as one big-endian 32-byte word; every byte of the word is written. */
export function writeUint(value: bigint, out: DataView, at: number): void {
  out.setBigUint64(at + 24, value & MASK_64);
  const high = value >> 64n;
  if (high === 0n) {
    out.setBigUint64(at, 0n);
    out.setBigUint64(at + 8, 0n);
    out.setBigUint64(at + 16, 0n);
    return;
  }
  out.setBigUint64(at + 16, high & MASK_64);
  out.setBigUint64(at + 8, (high >> 64n) & MASK_64);
  out.setBigUint64(at, high >> 128n);
}

const MASK_64 = (1n << 64n) - 1n;

/** Bytewise order of two 32-byte strings, which may lie in different buffers. */
export function compare32(a: Uint8Array, atA: number, b: Uint8Array, atB: number): number {
  for (let i = 0; i < 32; i++) {
    const difference = (a[atA + i] as number) - (b[atB + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
