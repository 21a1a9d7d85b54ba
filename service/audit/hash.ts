// SPDX-License-Identifier: AGPL-3.0-only
import keccak256 from "keccak256";
import type { Hex } from "../core/types.ts";

export const ZERO_HASH: Hex = `0x${"0".repeat(64)}`;

export function keccakOf(bytes: Uint8Array): Hex {
  return `0x${keccak256(Buffer.from(bytes)).toString("hex")}`;
}

/** keccak256(abi.encode(...)) of values that take one word each. */
export function hashOfWords(...words: readonly (Hex | bigint)[]): Hex {
  return keccakOf(Buffer.from(words.map(wordText).join(""), "hex"));
}

function wordText(word: Hex | bigint): string {
  const digits = typeof word === "bigint" ? word.toString(16) : word.slice(2);
  return digits.padStart(64, "0");
}
