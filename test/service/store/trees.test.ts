// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Artifact } from "../../../service/core/artifact.ts";
import { leavesOf } from "../../../service/core/epoch.ts";
import { hexOf } from "../../../service/core/hex.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { buildRewardTree, claimOf, type RewardTree } from "../../../service/core/reward-tree.ts";
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
const STRANGER: Address = `0x${"0c".repeat(20)}`;

/** What a tree is made from is in the rows; nothing else of the artifact has to fit. */
function withProvers(provers: readonly Address[]): Artifact {
  const sample = sampleArtifact().artifact;
  const rows = provers.map((prover, i) => ({
    ...(sample.rows[0] as Row),
    prover,
    cumulative: 10n ** BigInt(i % 60) + BigInt(i),
    cumulativeCommission: BigInt(i % 7) * 10n ** BigInt(i % 60) >= 10n ** BigInt(i % 60) ? 1n : 0n,
  }));
  return { ...sample, rows };
}

const inMemory = ({ chainId, distributor, rows }: Artifact): RewardTree =>
  buildRewardTree(domainOf(chainId, distributor), leavesOf(rows));

const many = (count: number): Artifact =>
  withProvers(
    Array.from({ length: count }, (_, i) => `0x${(i * 7919).toString(16).padStart(40, "0")}` as const),
  );

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
        for (const one of provers) expect(tree?.claimOf(one)).toEqual(claimOf(expected, one));
        expect(tree?.claimOf(STRANGER)).toEqual(claimOf(expected, STRANGER));
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
      expect(one?.claimOf(prover)).toEqual(claim);
      expect(other?.claimOf(prover)).toEqual(claim);
    }
  });

  test("may be in memory alone", async () => {
    const artifact = many(300);
    const tree = await treeInMemory(HASH, artifact, cache);
    const { prover } = artifact.rows[123] as Row;
    expect(tree.claimOf(prover)).toEqual(claimOf(inMemory(artifact), prover));
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
    expect(tree?.claimOf(prover)).toEqual(claimOf(inMemory(artifact), prover));
  });
});

describe("a damaged tree", () => {
  test("is refused, whichever of its bits was flipped", async () => {
    const store = await stored(many(33));
    const path = store.where(`artifacts/${HASH}.tree`);
    const whole = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
        // Zeros that only fill a section up, and that nothing is read from.
        fc.pre(!isFilling(whole, at));
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

/** Zeros between the head's hash and the summary, after the summary, and in each entry of the index. */
function isFilling(whole: Buffer, at: number): boolean {
  const summaryEnd = 192 + whole.readUInt32BE(12);
  const index = Math.ceil(summaryEnd / 64) * 64;
  const amounts = index + Math.ceil((32 * 33) / 64) * 64;
  if (at < index) return (at >= 144 && at < 192) || at >= summaryEnd;
  return at < amounts && ((at - index) % 32 >= 24 || at - index >= 32 * 33);
}
