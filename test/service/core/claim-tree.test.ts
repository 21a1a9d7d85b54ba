// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { buildClaimTree, entryOf, merkleProofAt } from "../../../service/core/claim-tree.ts";
import { hexOf } from "../../../service/core/hex.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { packLeaves } from "../../../service/core/packed-leaves.ts";
import { leafAt, verifyProof } from "../../../service/core/tree.ts";
import type { Address, Hex } from "../../../service/core/types.ts";

beforeAll(initKeccak);

const DOMAIN: Hex = `0x${"11".repeat(32)}`;

/** Wherever they lie: spread evenly, or most of them under a few leading bytes. */
const prover = fc
  .tuple(
    fc.oneof(fc.constantFrom(0, 1, 254, 255), fc.integer({ min: 0, max: 255 })),
    fc.uint8Array({ minLength: 19, maxLength: 19 }),
  )
  .map(([first, rest]): Address => hexOf(Uint8Array.from([first, ...rest])));

it("finds each prover that has a leaf, with its amounts and a merkleProof to the root, and nobody else", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(prover, { maxLength: 200, size: "max" }),
      fc.array(prover, { maxLength: 20 }),
      (provers, others) => {
        const sorted = [...provers].sort();
        const amountOf = (i: number) => 10n ** BigInt(i % 28) + BigInt(i);
        const leaves = sorted.map((each, i) => ({
          ...{ prover: each, cumulative: amountOf(i), cumulativeCommission: amountOf(i) / 3n },
        }));
        const claims = buildClaimTree(DOMAIN, packLeaves(leaves).entries);
        for (const [i, each] of sorted.entries()) {
          const found = entryOf(claims, each);
          expect(found).toMatchObject({ cumulative: amountOf(i), cumulativeCommission: amountOf(i) / 3n });
          const position = found?.position ?? -1;
          const leaf = claims.tree === undefined ? DOMAIN : leafAt(claims.tree, position);
          expect(verifyProof(leaf, merkleProofAt(claims, position), claims.root)).toBe(true);
        }
        const strangers = others.filter((each) => !provers.includes(each));
        expect(strangers.map((each) => entryOf(claims, each))).toEqual(strangers.map(() => undefined));
      },
    ),
    { numRuns: 60 },
  );
});
