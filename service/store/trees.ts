// SPDX-License-Identifier: AGPL-3.0-only
import type { Artifact } from "../core/artifact.ts";
import { leavesOf } from "../core/epoch.ts";
import { domainOf } from "../core/leaf.ts";
import { buildRewardTree, type RewardTree } from "../core/reward-tree.ts";
import { summaryOf } from "../core/summary.ts";
import {
  COMMISSION_AT,
  CUMULATIVE_AT,
  decodeTreeHead,
  encodeTreeFile,
  entryAt,
  frontLength,
  HEAD,
  NODE,
  nodeInPage,
  PAGE,
  POSITION_AT,
  readAmount,
  TIER_NODES,
  type TreeHead,
  type TreeLayout,
} from "../core/tree-file.ts";
import type { Address, Hex } from "../core/types.ts";
import type { BlockCache, CachedFile } from "./block-cache.ts";
import { findProver, type PageStarts, pageStarts } from "./prover-search.ts";
import { type Store, type StoredFile, StoreError } from "./store.ts";
import { checkTree } from "./tree-check.ts";

/** A root's leaves and nodes, of which only what is asked for is read. */
export interface StoredTree {
  readonly head: TreeHead;
  /** What a prover claims with, or undefined if the root holds nothing for it. */
  readonly claimOf: (prover: Address) => StoredClaim | undefined;
  readonly close: () => Promise<void>;
}

export interface StoredClaim {
  readonly cumulative: bigint;
  readonly cumulativeCommission: bigint;
  /** An array of hashes, as JSON: to make texts of its nodes only to join them takes longer than to find them. */
  readonly merkleProofJson: string;
}

/** Beside the artifact, and made from nothing else: it can always be made again. */
export async function putTree(
  store: Store,
  datasetHash: Hex,
  artifact: Artifact,
  tree: RewardTree = treeOf(artifact),
): Promise<void> {
  await store.put(treeKey(datasetHash), encodeTreeFile(tree, datasetHash, summaryOf(artifact)));
}

export async function openTree(
  store: Store,
  datasetHash: Hex,
  cache: BlockCache,
): Promise<StoredTree | undefined> {
  const key = treeKey(datasetHash);
  const file = await store.open(key);
  return file && treeIn(file, store.where(key), datasetHash, cache);
}

/** For whoever may not write: the whole file in memory. */
export async function treeInMemory(
  datasetHash: Hex,
  artifact: Artifact,
  cache: BlockCache,
): Promise<StoredTree> {
  const bytes = Buffer.concat([...encodeTreeFile(treeOf(artifact), datasetHash, summaryOf(artifact))]);
  return treeIn(fileOf(bytes), "the tree in memory", datasetHash, cache);
}

function treeOf({ chainId, distributor, rows }: Artifact): RewardTree {
  return buildRewardTree(domainOf(chainId, distributor), leavesOf(rows));
}

/** Checks the whole file once, from the amounts to the root. A damaged one is an error. */
async function treeIn(
  file: StoredFile,
  where: string,
  datasetHash: Hex,
  cache: BlockCache,
): Promise<StoredTree> {
  try {
    const { head, layout } = await readHead(file);
    if (head.datasetHash !== datasetHash) throw new Error(`it is the tree of ${head.datasetHash}`);
    const cached = cache.add(file);
    await checkTree(file, head, layout, cached);
    const opened = { head, layout, starts: pageStarts(head.count, layout.entries, cached), cached };
    return { head, claimOf: (prover) => claimIn(opened, prover), close: () => file.close() };
  } catch (cause) {
    await file.close();
    throw new StoreError(
      "damaged",
      `${where} is damaged or was edited: ${(cause as Error).message}`,
      "delete it: it is made again from the artifact beside it",
      { cause },
    );
  }
}

function fileOf(bytes: Buffer): StoredFile {
  const readNow = (target: Uint8Array, position: number) => {
    if (bytes.copy(target, 0, position) < target.length) throw new Error("it ends before");
  };
  return {
    size: bytes.length,
    identity: "in memory",
    read: async (target, position) => readNow(target, position),
    readNow,
    close: async () => undefined,
  };
}

async function readHead(file: StoredFile): Promise<{ head: TreeHead; layout: TreeLayout }> {
  const fixed = new Uint8Array(HEAD);
  await file.read(fixed, 0);
  const front = new Uint8Array(frontLength(fixed));
  await file.read(front, 0);
  return decodeTreeHead(front);
}

interface OpenedTree {
  readonly head: TreeHead;
  readonly layout: TreeLayout;
  readonly starts: PageStarts;
  readonly cached: CachedFile;
}

function claimIn({ head, layout, starts, cached }: OpenedTree, prover: Address): StoredClaim | undefined {
  const { view, locate } = cached;
  const index = findProver(head.count, layout.entries, starts, cached, prover);
  if (index === undefined) return undefined;
  const entry = locate(entryAt(layout.entries, index));
  const cumulative = readAmount(view, entry + CUMULATIVE_AT);
  const cumulativeCommission = readAmount(view, entry + COMMISSION_AT);
  let position = view.getUint32(entry + POSITION_AT);
  let length = OPENING;
  let page = 0;
  for (const { tier, height, width } of layout.levels) {
    // The siblings of a whole tier are beside each other.
    if (height === 0) page = locate(tier + PAGE * Math.floor(position / TIER_NODES));
    const sibling = position ^ 1;
    // An odd node, which is promoted, needs none; and the root has none.
    if (sibling < width) length = writeDigits(view, page + nodeInPage(height, sibling), length);
    position >>>= 1;
  }
  return { cumulative, cumulativeCommission, merkleProofJson: jsonOf(length) };
}

/** The JSON of the longest merkleProof, positions having 32 bits: nodes of 64 digits, and `["0x`, `","0x` and `"]`. */
const TEXT = Buffer.from(
  `["0x${Array(32)
    .fill("0".repeat(2 * NODE))
    .join('","0x')}"]`,
  "latin1",
);
const TEXT_VIEW = new DataView(TEXT.buffer, TEXT.byteOffset, TEXT.length);
const OPENING = 4;
const BETWEEN = 5;

/** Writes the digits of a node to `at` in the text, and returns where those of the next one begin. */
function writeDigits(view: DataView, node: number, at: number): number {
  for (let i = 0; i < NODE; i += 2) {
    // Four digits at a time, each in a byte of its own: to look each of them up takes twice as long.
    const pairs = spread(view.getUint16(node + i), 8, 0x00ff00ff);
    const digits = spread(pairs, 4, 0x0f0f0f0f);
    const letters = ((digits + 0x06060606) >>> 4) & 0x01010101;
    TEXT_VIEW.setUint32(at + 2 * i, digits + 0x30303030 + Math.imul(letters, FROM_DIGITS_TO_LETTERS));
  }
  return at + 2 * NODE + BETWEEN;
}

/** What lies between `:`, which follows on the last digit, and `a`. */
const FROM_DIGITS_TO_LETTERS = 39;

function spread(bits: number, by: number, mask: number): number {
  return (bits | (bits << by)) & mask;
}

function jsonOf(next: number): string {
  return next === OPENING ? "[]" : `${TEXT.toString("latin1", 0, next - BETWEEN)}"]`;
}

function treeKey(datasetHash: Hex): string {
  return `artifacts/${datasetHash}.tree`;
}
