// SPDX-License-Identifier: AGPL-3.0-only
import { keccak_256 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import keccak256 from "keccak256";
import { MerkleTree } from "merkletreejs";
import { beforeAll, describe, expect, it } from "vitest";
import { bytesOf, hexOf, writeHex } from "../../../service/core/hex.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import {
  buildTreeOf,
  leafAt,
  nodeCount,
  proofAt,
  type SortedTree,
  treeRoot,
  verifyProof,
} from "../../../service/core/tree.ts";
import type { Hex } from "../../../service/core/types.ts";

beforeAll(initKeccak);

const hashes = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => keccak_256(new Uint8Array([i & 255, i >> 8])));

const joined = (leaves: readonly Uint8Array[]): Uint8Array => {
  const all = new Uint8Array(32 * leaves.length);
  leaves.forEach((leaf, i) => {
    all.set(leaf, 32 * i);
  });
  return all;
};

const treeOver = (leaves: readonly Uint8Array[]): SortedTree =>
  buildTreeOf(leaves.length, (out) => out.set(joined(leaves)));

const peer = (leaves: readonly Uint8Array[]) =>
  new MerkleTree(
    leaves.map((leaf) => Buffer.from(leaf)),
    keccak256,
    { sortLeaves: true, sortPairs: true },
  );

const flipped = (hex: Hex): Hex => `${hex.slice(0, -1)}${hex.endsWith("0") ? "1" : "0"}` as Hex;

describe("the flat tree", () => {
  it("has merkletreejs's root and merkleProofs for every size up to 70", () => {
    for (let count = 1; count <= 70; count++) {
      const leaves = hashes(count);
      const tree = treeOver(leaves);
      const theirs = peer(leaves);
      expect(treeRoot(tree)).toBe(theirs.getHexRoot());
      expect(tree.nodes.length).toBe(32 * nodeCount(count));
      leaves.forEach((leaf, i) => {
        const position = tree.positions[i] as number;
        expect(leafAt(tree, position)).toBe(hexOf(leaf));
        expect(proofAt(tree, position)).toEqual(theirs.getHexProof(Buffer.from(leaf)));
      });
    }
  });

  it("orders leaves that agree in their first 32 bits by the remaining ones", () => {
    const leaves = [9, 3, 7, 1, 5].map((last) => {
      const leaf = new Uint8Array(32).fill(0xab);
      leaf[31] = last;
      return leaf;
    });
    const tree = treeOver([...leaves, ...hashes(6)]);
    expect(treeRoot(tree)).toBe(peer([...leaves, ...hashes(6)]).getHexRoot());
  });

  it("does not depend on the order of the leaves", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), {
          minLength: 1,
          maxLength: 40,
          selector: hexOf,
        }),
        fc.infiniteStream(fc.nat()),
        (leaves, random) => {
          const shuffled = leaves
            .map((leaf) => ({ leaf, key: random.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ leaf }) => leaf);
          expect(treeOver(shuffled).nodes).toEqual(treeOver(leaves).nodes);
        },
      ),
    );
  });

  it("refuses a leaf given twice", () => {
    const [leaf] = hashes(1) as [Uint8Array];
    expect(() => treeOver([leaf, ...hashes(3)])).toThrow(/leaf \d repeats leaf \d/);
  });

  it("refuses positions outside the leaves", () => {
    const tree = treeOver(hashes(3));
    for (const position of [-1, 3, 0.5, Number.NaN]) {
      expect(() => proofAt(tree, position)).toThrow(/of 3 leaves/);
      expect(() => leafAt(tree, position)).toThrow(/of 3 leaves/);
    }
  });
});

describe("verifyProof", () => {
  it("accepts every leaf's merkleProof and refuses each tampered one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(), (count, pick) => {
        const tree = treeOver(hashes(count));
        const root = treeRoot(tree);
        const position = pick % count;
        const leaf = leafAt(tree, position);
        const merkleProof = proofAt(tree, position);
        expect(verifyProof(leaf, merkleProof, root)).toBe(true);
        expect(verifyProof(flipped(leaf), merkleProof, root)).toBe(false);
        expect(verifyProof(leaf, merkleProof, flipped(root))).toBe(false);
        expect(verifyProof(leaf, [...merkleProof, root], root)).toBe(false);
        merkleProof.forEach((sibling, i) => {
          expect(verifyProof(leaf, merkleProof.with(i, flipped(sibling)), root)).toBe(false);
          expect(verifyProof(leaf, merkleProof.toSpliced(i, 1), root)).toBe(false);
        });
      }),
      { numRuns: 50 },
    );
  });

  it("refuses what is not 32 bytes", () => {
    const leaf = hexOf(new Uint8Array(32));
    expect(() => verifyProof("0x12", [], leaf)).toThrow(/leaf: not 32 bytes/);
    expect(() => verifyProof(leaf, ["0x"], leaf)).toThrow(/merkleProof\[0\]: not 32 bytes/);
    expect(() => verifyProof(leaf, [], `${leaf}00`)).toThrow(/root: not 32 bytes/);
  });
});

it("hexOf and bytesOf are inverse, whatever the case of the digits", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const hex = hexOf(bytes);
      expect(bytesOf(hex)).toEqual(bytes);
      expect(bytesOf(`0x${hex.slice(2).toUpperCase()}`)).toEqual(bytes);
    }),
  );
});

it("writeHex says of what kind the digits are, wherever an odd one stands", () => {
  for (const wrong of ["g", "G", " ", "/", ":", "@", "`", "\u00e1", "\u0130", "\uff11"]) {
    expect(writeHex(`0x${wrong}0`, new Uint8Array(1), 0)).toBe("not hexadecimal");
    expect(writeHex(`0x0${wrong}00`, new Uint8Array(2), 0)).toBe("not hexadecimal");
  }
  expect(writeHex("0x0123456789abcdef", new Uint8Array(8), 0)).toBe("small");
  expect(writeHex("0x0A23", new Uint8Array(2), 0)).toBe("mixed");
  expect(writeHex("0x012F", new Uint8Array(2), 0)).toBe("mixed");
});
