// SPDX-License-Identifier: AGPL-3.0-only
import { merkleRoot } from "#audit/hashing";
import type { Address, Hex, LeafEntry } from "../core/types.ts";
import { hashOfWords } from "./hash.ts";

/** What binds leaves to one distributor on one chain, and the root of a tree without leaves (SPEC, 9). */
export function domainFor(chainId: bigint, distributor: Address): Hex {
  return hashOfWords(chainId, distributor);
}

/** A leaf's hash: keccak256 twice, over one word each; amounts in wei. */
export function leafFor(domain: Hex, { prover, cumulative, cumulativeCommission }: LeafEntry): Hex {
  return hashOfWords(hashOfWords(domain, prover, cumulative, cumulativeCommission));
}

/** The root over these leaves, in any order; the domain if there are none. */
export function rootFor(domain: Hex, leaves: readonly LeafEntry[]): Hex {
  return leaves.length === 0 ? domain : merkleRoot(leaves.map((leaf) => leafFor(domain, leaf)));
}
