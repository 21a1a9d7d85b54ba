// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { shortenProofs } from "../../../service/core/batch.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf, leafHash } from "../../../service/core/leaf.ts";
import { buildRewardTree, type Claim, claimOf } from "../../../service/core/reward-tree.ts";
import { parentOf } from "../../../service/core/tree.ts";
import type { Address, Hex } from "../../../service/core/types.ts";

await initKeccak();

const domain = domainOf(1n, "0x00000000000000000000000000000000000000d1");

function claimsOf(count: number): { root: Hex; claims: Claim[] } {
  const entries = Array.from({ length: count }, (_, i) => ({
    prover: `0x${(i + 1).toString(16).padStart(40, "0")}` as Address,
    cumulative: BigInt(i + 1),
    cumulativeCommission: 0n,
  }));
  const tree = buildRewardTree(domain, entries);
  return { root: tree.root, claims: entries.map(({ prover }) => claimOf(tree, prover) as Claim) };
}

/** As the contract goes through a batch: a path ends at the root, or at the word known at its length. */
function accepted(root: Hex, claims: readonly Claim[]): boolean[] {
  const known: Hex[] = [];
  return claims.map((claim) => {
    const node = claim.merkleProof.reduce(parentOf, leafHash(domain, claim));
    if (node !== root && node !== known[claim.merkleProof.length]) return false;
    claim.merkleProof.forEach((word, i) => {
      known[i] = word;
    });
    return true;
  });
}

const words = (claims: readonly Claim[]) =>
  claims.reduce((sum, { merkleProof }) => sum + merkleProof.length, 0);

describe("a batch's shortened merkleProofs", () => {
  test("are accepted one after the other, whatever the tree and whoever claims", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.array(fc.nat(1_000), { maxLength: 30 }),
        (count, picks) => {
          const { root, claims } = claimsOf(count);
          const chosen = [...new Set(picks.map((pick) => pick % count))].map((i) => claims[i] as Claim);
          const short = shortenProofs(domain, chosen);
          expect(accepted(root, short)).toEqual(chosen.map(() => true));
          expect(new Set(short.map(({ prover }) => prover))).toEqual(
            new Set(chosen.map(({ prover }) => prover)),
          );
          expect(words(short)).toBeLessThanOrEqual(words(chosen));
        },
      ),
    );
  });

  test("of all leaves hold each node of the tree at most once", () => {
    const { root, claims } = claimsOf(8);
    const short = shortenProofs(domain, claims);
    expect(accepted(root, short)).not.toContain(false);
    expect(words(claims)).toBe(24);
    // Three words for the first leaf, then what is new for each: 0, 1, 0, 2, 0, 1, 0.
    expect(short.map(({ merkleProof }) => merkleProof.length)).toEqual([3, 0, 1, 0, 2, 0, 1, 0]);
  });

  test("of a single claim stay whole", () => {
    const { claims } = claimsOf(9);
    expect(shortenProofs(domain, [claims[4] as Claim])).toEqual([claims[4]]);
  });

  test("fail without the claims before them", () => {
    const { root, claims } = claimsOf(8);
    const [, second] = shortenProofs(domain, claims);
    expect(accepted(root, [second as Claim])).toEqual([false]);
  });
});
