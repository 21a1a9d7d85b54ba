// SPDX-License-Identifier: AGPL-3.0-only
import keccak256 from "keccak256";
import { MerkleTree } from "merkletreejs";
import type { Address, Hex, LeafEntry } from "../core/types.ts";
import { hashOfWords } from "./hash.ts";

export function domainFor(chainId: bigint, distributor: Address): Hex {
  return hashOfWords(chainId, distributor);
}

export function leafFor(domain: Hex, { prover, cumulative, cumulativeCommission }: LeafEntry): Hex {
  return hashOfWords(hashOfWords(domain, prover, cumulative, cumulativeCommission));
}

/** The root over these leaves, in any order; the domain if there are none. */
export function rootFor(domain: Hex, leaves: readonly LeafEntry[]): Hex {
  if (leaves.length === 0) return domain;
  const hashes = leaves.map((leaf) => Buffer.from(leafFor(domain, leaf).slice(2), "hex"));
  return new MerkleTree(hashes, keccak256, { sortLeaves: true, sortPairs: true }).getHexRoot() as Hex;
}
