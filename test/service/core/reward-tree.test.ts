// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { encodeAbiParameters, keccak256, parseAbiParameters } from "viem";
import { beforeAll, describe, expect, it } from "vitest";
import { hexOf } from "../../../service/core/hex.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf, leafHash } from "../../../service/core/leaf.ts";
import { buildRewardTree, claimOf } from "../../../service/core/reward-tree.ts";
import { verifyProof } from "../../../service/core/tree.ts";
import type { Address, Hex, LeafEntry } from "../../../service/core/types.ts";
import { leafOf, readVectors } from "./vectors.ts";

beforeAll(initKeccak);

const vectors = readVectors<{
  chainId: string;
  distributor: Address;
  domain: Hex;
  trees: {
    count: number;
    root: Hex;
    leaves: {
      prover: Address;
      cumulative: string;
      cumulativeCommission: string;
      leaf: Hex;
      merkleProof: Hex[];
    }[];
  }[];
}>("trees");

describe("a tree has the root and the merkleProofs of the vector", () => {
  it("the domain is that of the vectors", () => {
    expect(domainOf(BigInt(vectors.chainId), vectors.distributor)).toBe(vectors.domain);
  });

  it.each(vectors.trees.map((tree) => [tree.count, tree] as const))(
    "of %i leaves",
    (count, { root, leaves }) => {
      const tree = buildRewardTree(vectors.domain, leaves.map(leafOf));
      expect(tree.root).toBe(root);
      expect(tree.entries).toHaveLength(count);
      for (const { leaf, merkleProof, ...entry } of leaves) {
        expect(leafHash(vectors.domain, leafOf(entry))).toBe(leaf);
        expect(claimOf(tree, entry.prover)).toEqual({ ...leafOf(entry), merkleProof });
        expect(verifyProof(leaf, merkleProof, root)).toBe(true);
      }
    },
  );
});

it("a leaf is the twice hashed abi.encode of viem", () => {
  const types = parseAbiParameters("bytes32, address, uint256, uint256");
  const uint = fc.bigInt({ min: 1n, max: (1n << 256n) - 1n });
  const prover = fc.uint8Array({ minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(prover, uint, uint, (bytes, a, b) => {
      const [cumulativeCommission, cumulative] = a < b ? [a, b] : [b, a];
      const entry = {
        prover: `0x${Buffer.from(bytes).toString("hex")}` as const,
        cumulative,
        cumulativeCommission,
      };
      const encoded = encodeAbiParameters(types, [
        vectors.domain,
        entry.prover,
        entry.cumulative,
        entry.cumulativeCommission,
      ]);
      expect(leafHash(vectors.domain, entry)).toBe(keccak256(keccak256(encoded)));
    }),
  );
});

it("a small amount leaves no trace of the larger one encoded before it", () => {
  const large = {
    prover: `0x${"ff".repeat(20)}` as const,
    cumulative: (1n << 256n) - 1n,
    cumulativeCommission: 1n << 200n,
  };
  const small = { prover: `0x${"01".repeat(20)}` as const, cumulative: 1n, cumulativeCommission: 0n };
  const tree = buildRewardTree(vectors.domain, [large, small]);
  const claim = claimOf(tree, small.prover);
  expect(verifyProof(leafHash(vectors.domain, small), claim?.merkleProof ?? [], tree.root)).toBe(true);
  expect(claimOf(tree, large.prover)?.merkleProof).toEqual([leafHash(vectors.domain, small)]);
});

it("the empty tree's root is the domain, and nobody has a claim", () => {
  const tree = buildRewardTree(vectors.domain, []);
  expect(tree.root).toBe(vectors.domain);
  expect(claimOf(tree, vectors.distributor)).toBeUndefined();
});

it("a prover without a leaf has no claim; one is found in any case of its address", () => {
  const entry: LeafEntry = { prover: `0x${"ab".repeat(20)}`, cumulative: 2n, cumulativeCommission: 1n };
  const tree = buildRewardTree(vectors.domain, [entry]);
  expect(claimOf(tree, vectors.distributor)).toBeUndefined();
  expect(claimOf(tree, `0x${"AB".repeat(20)}`)).toEqual({ ...entry, merkleProof: [] });
});

it("a list in any case and order makes the tree of the same list in lower case and in order", () => {
  const prover = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => hexOf(bytes) as Address);
  // Few first bytes, so that many addresses share their first 32 bits.
  const close = fc
    .tuple(fc.integer({ min: 0, max: 3 }), prover)
    .map(([first, text]) => `0x0000000${first}${text.slice(10)}` as Address);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.oneof(prover, close), { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.boolean()),
      (provers, shout) => {
        const given = provers.map((text, i) => ({
          prover: (shout.next().value ? `0x${text.slice(2).toUpperCase()}` : text) as Address,
          cumulative: BigInt(i + 1),
          cumulativeCommission: 0n,
        }));
        const sorted = given
          .map((entry) => ({ ...entry, prover: entry.prover.toLowerCase() as Address }))
          .sort((a, b) => (a.prover < b.prover ? -1 : 1));
        const tree = buildRewardTree(vectors.domain, given);
        expect(tree.entries).toEqual(sorted);
        expect(tree.root).toBe(buildRewardTree(vectors.domain, sorted).root);
        for (const entry of sorted) {
          const { merkleProof } = claimOf(tree, entry.prover) ?? {};
          expect(verifyProof(leafHash(vectors.domain, entry), merkleProof ?? [], tree.root)).toBe(true);
        }
      },
    ),
    { numRuns: 30 },
  );
});

it("foreign chains and distributors have other domains", () => {
  expect(domainOf(1n, vectors.distributor)).not.toBe(vectors.domain);
  expect(domainOf(BigInt(vectors.chainId), `0x${"ab".repeat(20)}`)).not.toBe(vectors.domain);
});

describe("what a tree refuses", () => {
  const entry: LeafEntry = { prover: `0x${"ab".repeat(20)}`, cumulative: 2n, cumulativeCommission: 1n };
  const cases: [string, LeafEntry[], RegExp][] = [
    [
      "two leaves of one prover",
      [entry, { ...entry, prover: `0x${"AB".repeat(20)}`, cumulative: 3n }],
      /has two leaves/,
    ],
    ["a leaf of nothing", [{ ...entry, cumulative: 0n }], /cumulative: is 0/],
    ["a commission above the amount", [{ ...entry, cumulativeCommission: 3n }], /above the cumulative 2/],
    ["an amount beyond 256 bits", [{ ...entry, cumulative: 1n << 256n }], /out of range/],
    ["a malformed prover", [{ ...entry, prover: "0xab" }], /leaves\[0\].prover: not an address/],
  ];
  it.each(cases)("%s", (_, entries, message) => {
    expect(() => buildRewardTree(vectors.domain, entries)).toThrow(message);
  });
});
