// SPDX-License-Identifier: AGPL-3.0-only
import { hashBytes, hashDigits } from "#audit/hashing";
import type { Hex } from "../core/types.ts";

export const ZERO_HASH: Hex = `0x${"0".repeat(64)}`;

/** keccak256 of bytes, as 0x and 64 digits in lower case. */
export function keccakOf(bytes: Uint8Array): Hex {
  return hashBytes(bytes);
}

/** keccak256 of the bytes that hexadecimal digits stand for. */
export function keccakOfHex(hex: Hex): Hex {
  return hashDigits(hex.slice(2));
}

/** keccak256(abi.encode(...)) of values that take one word each. */
export function hashOfWords(...words: readonly (Hex | bigint)[]): Hex {
  return hashDigits(words.map(wordText).join(""));
}

function wordText(word: Hex | bigint): string {
  const digits = typeof word === "bigint" ? word.toString(16) : word.slice(2);
  return digits.padStart(64, "0");
}
