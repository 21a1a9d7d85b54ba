// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Artifact } from "../../../service/core/artifact.ts";
import { entryOf, merkleProofAt, sizeOf } from "../../../service/core/claim-tree.ts";
import { leavesOf } from "../../../service/core/epoch.ts";
import { hexOf } from "../../../service/core/hex.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { buildRewardTree, type Claim, claimOf, type RewardTree } from "../../../service/core/reward-tree.ts";
import { summaryOf } from "../../../service/core/summary.ts";
import type { Address, Hex, Row } from "../../../service/core/types.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import type { Store } from "../../../service/store/store.ts";
import { getTree, getTreeHead, putTree, type StoredTree } from "../../../service/store/trees.ts";
import { leavesOfArtifact, sampleArtifact } from "../helpers/artifact.ts";
import { temporaryFolder } from "../helpers/folder.ts";

beforeAll(initKeccak);

const HASH: Hex = `0x${"da".repeat(32)}`;
/** That a distributor can pay. */
const MOST = 2n ** 96n - 1n;
const STRANGER: Address = `0x${"0c".repeat(20)}`;
const HEAD = 144;

const treeOf = ({
  chainId,
  distributor,
  rows,
}: Pick<Artifact, "chainId" | "distributor" | "rows">): RewardTree =>
  buildRewardTree(domainOf(chainId, distributor), leavesOf(rows));

/** What a tree is made from is in the rows; nothing else of the artifact has to fit but its root. */
function withProvers(provers: readonly Address[]): Artifact {
  const sample = sampleArtifact().artifact;
  const rows = [...provers].sort().map((prover, i) => ({
    ...(sample.rows[0] as Row),
    prover,
    cumulative: i === 0 ? MOST : 10n ** BigInt(i % 29) + BigInt(i),
    cumulativeCommission: i === 0 ? MOST : (10n ** BigInt(i % 29) * BigInt(i % 7)) / 7n,
  }));
  return { ...sample, rows, root: treeOf({ ...sample, rows }).root };
}

const many = (count: number): Artifact =>
  withProvers(
    Array.from({ length: count }, (_, i) => `0x${(i * 7919).toString(16).padStart(40, "0")}` as const),
  );

/** What the stored tree gives, as the tree of the job has it. */
function claimFrom(stored: StoredTree | undefined, prover: Address): Claim | undefined {
  const found = stored && entryOf(stored.tree, prover);
  if (stored === undefined || found === undefined) return undefined;
  const { position, ...amounts } = found;
  return { prover, ...amounts, merkleProof: merkleProofAt(stored.tree, position) };
}

async function stored(artifact: Artifact): Promise<Store> {
  const store = fileStore(temporaryFolder());
  await putTree(store, HASH, leavesOfArtifact(artifact));
  return store;
}

describe("a stored tree", () => {
  test("gives the claims of the job's tree, and its summary, for any provers", async () => {
    const store = fileStore(temporaryFolder());
    const prover = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => hexOf(bytes) as Address);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(prover, { maxLength: 300, size: "max" }), async (provers) => {
        const artifact = withProvers(provers);
        await putTree(store, HASH, leavesOfArtifact(artifact));
        const tree = await getTree(store, HASH);
        const expected = treeOf(artifact);
        const head = {
          count: provers.length,
          domain: expected.domain,
          root: expected.root,
          datasetHash: HASH,
          summary: summaryOf(artifact, provers.length),
        };
        expect(tree?.head).toEqual(head);
        expect(await getTreeHead(store, HASH)).toEqual(head);
        expect(tree?.tree.root).toBe(expected.root);
        for (const one of provers) expect(claimFrom(tree, one)).toEqual(claimOf(expected, one));
        expect(claimFrom(tree, STRANGER)).toEqual(claimOf(expected, STRANGER));
      }),
      { numRuns: 25 },
    );
  });

  test("tells provers apart whose addresses begin alike", async () => {
    const provers = Array.from(
      { length: 200 },
      (_, i) => `0x${"ab".repeat(4)}${i.toString(16).padStart(32, "0")}` as const,
    );
    const artifact = withProvers(provers);
    const tree = await getTree(await stored(artifact), HASH);
    for (const prover of provers) expect(claimFrom(tree, prover)).toEqual(claimOf(treeOf(artifact), prover));
    expect(claimFrom(tree, `0x${"ab".repeat(4)}${"ff".repeat(16)}`)).toBeUndefined();
  });

  // Around what is hashed at once, and where levels are odd.
  test.each([1, 2, 3, 5, 7, 8, 255, 256, 257, 511, 513, 4_097])("gives every claim of %i", async (count) => {
    const artifact = many(count);
    const tree = await getTree(await stored(artifact), HASH);
    const expected = treeOf(artifact);
    for (const { prover } of artifact.rows) {
      expect(claimFrom(tree, prover)).toEqual(claimOf(expected, prover));
    }
  });

  test("takes about 112 bytes of memory a leaf", async () => {
    const tree = await getTree(await stored(many(4_096)), HASH);
    const size = tree === undefined ? 0 : sizeOf(tree.tree);
    expect(size / 4_096).toBeGreaterThan(110);
    expect(size / 4_096).toBeLessThan(114);
  });

  test("holds no more than a distributor can pay", async () => {
    const [row] = many(1).rows;
    const artifact = { ...many(1), rows: [{ ...(row as Row), cumulative: MOST + 1n }] };
    await expect(stored(artifact)).rejects.toThrow(
      `cumulative: ${row?.prover} would have ${MOST + 1n} in all, above the 2^96 - 1`,
    );
  });

  test("is absent until it is put", async () => {
    const store = fileStore(temporaryFolder());
    expect(await getTree(store, HASH)).toBeUndefined();
    expect(await getTreeHead(store, HASH)).toBeUndefined();
  });
});

describe("a damaged tree", () => {
  test("is refused, whichever of its bits was flipped", async () => {
    const store = await stored(many(33));
    const path = store.where(`artifacts/${HASH}.tree`);
    const whole = readFileSync(path);
    const front = HEAD + whole.readUInt32BE(12);
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
        const damaged = Buffer.from(whole);
        damaged[at] = (damaged[at] as number) ^ (1 << bit);
        writeFileSync(path, damaged);
        await expect(getTree(store, HASH)).rejects.toMatchObject({ code: "damaged" });
        if (at < front) await expect(getTreeHead(store, HASH)).rejects.toMatchObject({ code: "damaged" });
      }),
      { numRuns: 400 },
    );
  });

  test.each<[string, (whole: Buffer) => Buffer]>([
    ["shorter", (whole) => whole.subarray(0, -1)],
    ["longer", (whole) => Buffer.concat([whole, Buffer.alloc(1)])],
    ["empty", () => Buffer.alloc(0)],
    ["cut within its head", (whole) => whole.subarray(0, 100)],
    ["cut within its summary", (whole) => whole.subarray(0, HEAD + 5)],
    ["another kind of file", () => Buffer.alloc(10_000, "no tree ")],
  ])("is refused when it is %s, by name, with what to do", async (_, change) => {
    const store = await stored(many(33));
    const path = store.where(`artifacts/${HASH}.tree`);
    writeFileSync(path, change(readFileSync(path)));
    await expect(getTree(store, HASH)).rejects.toMatchObject({
      code: "damaged",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("delete it"),
    });
  });

  test("is one whose provers are out of order, even if they lead to its root", async () => {
    const artifact = many(3);
    const [first, second, third] = artifact.rows as [Row, Row, Row];
    const store = await stored({ ...artifact, rows: [second, first, third] });
    await expect(getTree(store, HASH)).rejects.toThrow("prover 1 is out of order");
  });

  test("is one of another root than its artifact says", async () => {
    const store = await stored({ ...many(3), root: HASH });
    await expect(getTree(store, HASH)).rejects.toThrow("do not lead to the root");
  });

  test("is one under another's name", async () => {
    const store = await stored(many(3));
    const other: Hex = `0x${"0b".repeat(32)}`;
    writeFileSync(
      store.where(`artifacts/${other}.tree`),
      readFileSync(store.where(`artifacts/${HASH}.tree`)),
    );
    await expect(getTree(store, other)).rejects.toThrow(`it is the tree of ${HASH}`);
    await expect(getTreeHead(store, other)).rejects.toThrow(`it is the tree of ${HASH}`);
  });
});
