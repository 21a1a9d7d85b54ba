// SPDX-License-Identifier: AGPL-3.0-only
// What `#audit/hashing` is under Node: native keccak, and merkletreejs. Browsers get hashing-browser.ts.
import keccak256 from "keccak256";
import { MerkleTree } from "merkletreejs";
import type { Hex } from "../core/types.ts";

/** keccak256, by the addon that merkletreejs is given too. */
export function hashBytes(bytes: Uint8Array): Hex {
  return `0x${keccak256(Buffer.from(bytes)).toString("hex")}`;
}

/** Of bytes given as hexadecimal digits. */
export function hashDigits(digits: string): Hex {
  return `0x${keccak256(Buffer.from(digits, "hex")).toString("hex")}`;
}

/** Leaves in any order, at least one: ascending in the tree, as are the pairs; an odd node goes up as it is. */
export function merkleRoot(leaves: readonly Hex[]): Hex {
  const hashes = leaves.map((leaf) => Buffer.from(leaf.slice(2), "hex"));
  return new MerkleTree(hashes, keccak256, { sortLeaves: true, sortPairs: true }).getHexRoot() as Hex;
}
