// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Artifact } from "../../../service/core/artifact.ts";
import { leavesOf } from "../../../service/core/epoch.ts";
import { hexOf } from "../../../service/core/hex.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { buildRewardTree, type Claim, claimOf, type RewardTree } from "../../../service/core/reward-tree.ts";
import { summaryOf } from "../../../service/core/summary.ts";
import type { Address, Hex, Row } from "../../../service/core/types.ts";
import { BLOCK, type BlockCache, blockCache } from "../../../service/store/block-cache.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import type { Store } from "../../../service/store/store.ts";
import { openTree, putTree, type StoredTree, treeInMemory } from "../../../service/store/trees.ts";
import { sampleArtifact } from "../helpers/artifact.ts";
import { temporaryFolder } from "../helpers/folder.ts";

beforeAll(initKeccak);

const HASH: Hex = `0x${"da".repeat(32)}`;
const cache = blockCache(2 ** 22);
/** That a distributor can pay. */
const MOST = 2n ** 96n - 1n;
const STRANGER: Address = `0x${"0c".repeat(20)}`;

/** What a tree is made from is in the rows; nothing else of the artifact has to fit. */
function withProvers(provers: readonly Address[]): Artifact {
  const sample = sampleArtifact().artifact;
  const rows = provers.map((prover, i) => ({
    ...(sample.rows[0] as Row),
    prover,
    cumulative: i === 0 ? MOST : 10n ** BigInt(i % 29) + BigInt(i),
    cumulativeCommission: i === 0 ? MOST : (10n ** BigInt(i % 29) * BigInt(i % 7)) / 7n,
  }));
  return { ...sample, rows };
}

const inMemory = ({ chainId, distributor, rows }: Artifact): RewardTree =>
  buildRewardTree(domainOf(chainId, distributor), leavesOf(rows));

const many = (count: number): Artifact =>
  withProvers(
    Array.from({ length: count }, (_, i) => `0x${(i * 7919).toString(16).padStart(40, "0")}` as const),
  );

/** What the file gives, as the tree in memory has it. */
function claimFrom(tree: StoredTree | undefined, prover: Address): Claim | undefined {
  const { merkleProofJson, ...amounts } = tree?.claimOf(prover) ?? {};
  return merkleProofJson === undefined
    ? undefined
    : ({ prover, ...amounts, merkleProof: JSON.parse(merkleProofJson) } as Claim);
}

async function stored(artifact: Artifact): Promise<Store> {
  const store = fileStore(temporaryFolder());
  await putTree(store, HASH, artifact);
  return store;
}

/** Closed when the test is over. */
async function opened(store: Store, blocks: BlockCache): Promise<StoredTree | undefined> {
  const tree = await openTree(store, HASH, blocks);
  onTestFinished(() => tree?.close());
  return tree;
}

describe("a stored tree", () => {
  test("gives the claims of the tree in memory, and its summary, for any provers", async () => {
    const store = fileStore(temporaryFolder());
    const prover = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => hexOf(bytes) as Address);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(prover, { maxLength: 300, size: "max" }), async (provers) => {
        const artifact = withProvers(provers);
        await putTree(store, HASH, artifact);
        const tree = await openTree(store, HASH, cache);
        const expected = inMemory(artifact);
        expect(tree?.head).toEqual({
          count: provers.length,
          domain: expected.domain,
          root: expected.root,
          datasetHash: HASH,
          summary: summaryOf(artifact),
        });
        for (const one of provers) expect(claimFrom(tree, one)).toEqual(claimOf(expected, one));
        expect(claimFrom(tree, STRANGER)).toEqual(claimOf(expected, STRANGER));
        await tree?.close();
      }),
      { numRuns: 25 },
    );
  });

  test("gives them from two blocks of memory, too, and to several readers at once", async () => {
    const artifact = many(3_000);
    const store = await stored(artifact);
    const small = blockCache(2 * BLOCK);
    const [one, other] = [await opened(store, small), await opened(store, small)];
    const expected = inMemory(artifact);
    for (let i = 0; i < 3_000; i += 97) {
      const { prover } = artifact.rows[i] as Row;
      const claim = claimOf(expected, prover);
      expect(claimFrom(one, prover)).toEqual(claim);
      expect(claimFrom(other, prover)).toEqual(claim);
    }
  });

  // Around what fills a page of entries, a page of nodes, a group of pages and a tier.
  test.each([1, 2, 32, 33, 64, 65, 85, 86, 255, 256, 512, 513, 2_048, 2_049, 4_096, 4_097])(
    "gives every claim of %i",
    async (count) => {
      const artifact = many(count);
      const tree = await opened(await stored(artifact), cache);
      const expected = inMemory(artifact);
      for (const { prover } of artifact.rows)
        expect(claimFrom(tree, prover)).toEqual(claimOf(expected, prover));
    },
  );

  test("holds no more than a distributor can pay", async () => {
    const [row] = many(1).rows;
    const artifact = { ...many(1), rows: [{ ...(row as Row), cumulative: MOST + 1n }] };
    await expect(stored(artifact)).rejects.toThrow(
      `cumulative: ${row?.prover} would have ${MOST + 1n} in all, above the 2^96 - 1`,
    );
  });

  test("may be in memory alone", async () => {
    const artifact = many(300);
    const tree = await treeInMemory(HASH, artifact, cache);
    const { prover } = artifact.rows[123] as Row;
    expect(claimFrom(tree, prover)).toEqual(claimOf(inMemory(artifact), prover));
  });

  test("is absent until it is put", async () => {
    expect(await openTree(fileStore(temporaryFolder()), HASH, cache)).toBeUndefined();
  });

  test("stays what it was for who has it open when another is put", async () => {
    const artifact = many(40);
    const store = await stored(artifact);
    const tree = await opened(store, blockCache(BLOCK));
    await putTree(store, HASH, many(2));
    const { prover } = artifact.rows[39] as Row;
    expect(claimFrom(tree, prover)).toEqual(claimOf(inMemory(artifact), prover));
  });
});

describe("a damaged tree", () => {
  test("is refused, whichever of its bits was flipped", async () => {
    const store = await stored(many(33));
    const path = store.where(`artifacts/${HASH}.tree`);
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...meaningful(whole)), fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] as number) ^ (1 << bit);
        writeFileSync(path, damaged);
        await expect(openTree(store, HASH, cache)).rejects.toMatchObject({ code: "damaged" });
      }),
      { numRuns: 300 },
    );
  });

  test.each<[string, (whole: Buffer) => Buffer]>([
    ["shorter", (whole) => whole.subarray(0, -1)],
    ["longer", (whole) => Buffer.concat([whole, Buffer.alloc(1)])],
    ["empty", () => Buffer.alloc(0)],
    ["cut within its head", (whole) => whole.subarray(0, 100)],
    ["another kind of file", () => Buffer.alloc(10_000, "no tree ")],
  ])("is refused when it is %s, by name, with what to do", async (_, change) => {
    const store = await stored(many(33));
    const path = store.where(`artifacts/${HASH}.tree`);
    writeFileSync(path, change(readFileSync(path)));
    await expect(openTree(store, HASH, cache)).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("delete it"),
    });
  });

  test("is one under another's name", async () => {
    const store = await stored(many(3));
    const other: Hex = `0x${"0b".repeat(32)}`;
    writeFileSync(
      store.where(`artifacts/${other}.tree`),
      readFileSync(store.where(`artifacts/${HASH}.tree`)),
    );
    await expect(openTree(store, other, cache)).rejects.toThrow(`it is the tree of ${HASH}`);
  });
});

/** Where the file of a tree of 33 leaves has what counts; zeros fill its pages up. */
function meaningful(whole: Buffer): number[] {
  const page = (number: number, at: number, length: number) =>
    Array.from({ length }, (_, i) => 4_096 * number + at + i);
  // 33, 17, 9, 5, 3 and 2 nodes, with room for 64, 32 and so on; the root is in a page of its own.
  const levels = [33, 17, 9, 5, 3, 2].map((width, height) =>
    page(2, 32 * (128 - 2 ** (7 - height)), 32 * width),
  );
  return [
    page(0, 0, 144),
    page(0, 192, whole.readUInt32BE(12)),
    page(1, 0, 48 * 33),
    ...levels,
    page(3, 0, 32),
  ].flat();
}
