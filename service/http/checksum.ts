// SPDX-License-Identifier: AGPL-3.0-only
import { keccak256 } from "../core/keccak.ts";
import type { Address } from "../core/types.ts";

const TEXT = new TextEncoder();

/** An address as ERC-55 writes it. The library's own hashes in JavaScript: that takes longer than to find a merkleProof. */
export function checksummed(address: Address): Address {
  const digits = address.slice(2);
  const hash = keccak256(TEXT.encode(digits));
  let text = "0x";
  for (let i = 0; i < digits.length; i++) {
    const digit = digits[i] as string;
    const nibble = ((hash[i >> 1] as number) >> (i % 2 === 0 ? 4 : 0)) & 15;
    text += nibble >= 8 ? digit.toUpperCase() : digit;
  }
  return text as Address;
}
