// SPDX-License-Identifier: AGPL-3.0-only
import { leafHash } from "./leaf.ts";
import type { Claim } from "./reward-tree.ts";
import { parentOf } from "./tree.ts";
import type { Hex } from "./types.ts";

/**
 * Claims of one tree for one `claimBatch`: in the order of their leaves, each merkleProof cut off where it meets a
 * node that an earlier claim's has shown. With n words left, the path ends at the n-th word of the latest merkleProof
 * that was longer than n. Alone, or after a claim that the contract skips, such a claim may fail: the whole
 * merkleProof always counts.
 * @throws InputError for amounts that no leaf has.
 */
export function shortenProofs<T extends Claim>(domain: Hex, claims: readonly T[]): T[] {
  const known: Hex[] = [];
  return claims
    .map((claim) => ({ claim, leaf: leafHash(domain, claim) }))
    .sort((a, b) => (a.leaf < b.leaf ? -1 : 1))
    .map(({ claim, leaf }) => {
      let node = leaf;
      let words = 0;
      while (words < claim.merkleProof.length && known[words] !== node) {
        node = parentOf(node, claim.merkleProof[words] as Hex);
        words += 1;
      }
      const merkleProof = claim.merkleProof.slice(0, words);
      merkleProof.forEach((word, i) => {
        known[i] = word;
      });
      return { ...claim, merkleProof };
    });
}
