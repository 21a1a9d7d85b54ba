// SPDX-License-Identifier: AGPL-3.0-only
import { createMPT } from "@ethereumjs/mpt";
import { hexToBytes, numberToHex, toHex, toRlp } from "viem";
import { expect, it } from "vitest";
import { newPreimages, type Preimages } from "../../../../service/audit/state-proof/preimages.ts";
import { MissingNode, wordIn } from "../../../../service/audit/state-proof/trie.ts";

const keyOf = (slot: bigint) => hexToBytes(numberToHex(slot, { size: 32 }));

/** A storage as @ethereumjs/mpt makes it, and all of its nodes that a hash names. */
async function storageOf(values: ReadonlyMap<bigint, bigint>) {
  const trie = await createMPT({ useKeyHashing: true });
  for (const [slot, value] of values) await trie.put(keyOf(slot), toRlp(numberToHex(value), "bytes"));
  const nodes = new Set<Uint8Array>();
  await trie.walkTrie(trie.root(), async (_, node, key, walk) => {
    if (node === null) return;
    nodes.add(node.serialize());
    walk.allChildren(node, key);
  });
  return { root: toHex(trie.root()), nodes: [...nodes] };
}

function preimagesOf(nodes: Iterable<Uint8Array>): Preimages {
  const preimages = newPreimages();
  for (const node of nodes) preimages.add(node);
  return preimages;
}

it.each([1, 2, 17, 300])("words of a storage of %i slots are those that were put in", async (size) => {
  const values = new Map(
    Array.from({ length: size }, (_, i) => [BigInt(i * 7), 1n << BigInt((i * 5) % 256)]),
  );
  const { root, nodes } = await storageOf(values);
  const preimages = preimagesOf(nodes);
  for (let slot = 0n; slot < BigInt(size * 7 + 9); slot++) {
    expect(wordIn(preimages, root, slot)).toBe(values.get(slot) ?? 0n);
  }
});

it("a node so short that it stands in the one above is read there", async () => {
  // The hashes of their keys begin with the same eight digits.
  const values = new Map([
    [40_364n, 1n],
    [105_566n, 2n],
  ]);
  const { root, nodes } = await storageOf(values);
  const named = nodes.filter((node) => node.length >= 32);
  expect(named.length).toBeLessThan(nodes.length);
  for (const [slot, value] of values) expect(wordIn(preimagesOf(named), root, slot)).toBe(value);
});

it("whatever node is left out, a word is the right one or missing", async () => {
  const values = new Map(Array.from({ length: 40 }, (_, i) => [BigInt(i), BigInt(i + 1)]));
  const { root, nodes } = await storageOf(values);
  let missing = 0;
  for (const left of nodes) {
    const preimages = preimagesOf(nodes.filter((node) => node !== left));
    for (let slot = 0n; slot < 60n; slot++) {
      try {
        expect(wordIn(preimages, root, slot)).toBe(values.get(slot) ?? 0n);
      } catch (error) {
        expect(error).toBeInstanceOf(MissingNode);
        missing++;
      }
    }
  }
  expect(missing).toBeGreaterThan(60);
});
