// SPDX-License-Identifier: AGPL-3.0-only
import { hashMessages, messageBuffer } from "../core/keccak.ts";
import type { Address } from "../core/types.ts";

const PREFIX = 2;
const DIGITS = 40;
/** What lies between a lower-case letter and its capital. */
const CASE = 0x20;
const TEXT = Buffer.from(`0x${"0".repeat(DIGITS)}`, "latin1");

/**
 * An address in lower case as ERC-55 writes it. The library's own hashes in JavaScript: that takes longer than to
 * find a merkleProof.
 */
export function checksummed(address: Address): Address {
  const message = messageBuffer();
  for (let i = 0; i < DIGITS; i++) message[i] = address.charCodeAt(PREFIX + i);
  const hash = hashMessages(DIGITS, 1);
  for (let i = 0; i < DIGITS; i++) {
    const digit = message[i] as number;
    const nibble = ((hash[i >> 1] as number) >> (i % 2 === 0 ? 4 : 0)) & 15;
    // Letters have a bit that decimal digits lack.
    TEXT[PREFIX + i] = nibble >= 8 && digit >= 0x40 ? digit - CASE : digit;
  }
  return TEXT.toString("latin1") as Address;
}
