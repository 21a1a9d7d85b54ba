// SPDX-License-Identifier: AGPL-3.0-only
import type { Artifact } from "../core/artifact.ts";
import { leavesOf } from "../core/epoch.ts";
import { domainOf } from "../core/leaf.ts";
import { buildRewardTree, type Claim, type RewardTree } from "../core/reward-tree.ts";
import { summaryOf } from "../core/summary.ts";
import { siblingsOf } from "../core/tree.ts";
import {
  AMOUNTS_ENTRY,
  decodeTreeHead,
  encodeTreeFile,
  frontLength,
  HEAD,
  INDEX_ENTRY,
  NODE,
  POSITION_AT,
  type TreeHead,
  type TreeLayout,
} from "../core/tree-file.ts";
import type { Address, Hex } from "../core/types.ts";
import type { BlockCache, CachedFile } from "./block-cache.ts";
import { findProver } from "./prover-search.ts";
import { type Store, type StoredFile, StoreError } from "./store.ts";
import { checkTree } from "./tree-check.ts";

/** A root's leaves and nodes, of which only what is asked for is read. */
export interface StoredTree {
  readonly head: TreeHead;
  /** What a prover claims with, or undefined if the root holds nothing for it. */
  readonly claimOf: (prover: Address) => Claim | undefined;
  readonly close: () => Promise<void>;
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
    return { head, claimOf: (prover) => claimIn(head, layout, cached, prover), close: () => file.close() };
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

function claimIn(head: TreeHead, layout: TreeLayout, cached: CachedFile, prover: Address): Claim | undefined {
  const { memory, words, locate } = cached;
  const index = findProver(head.count, layout.index, cached, prover);
  if (index === undefined) return undefined;
  const position = memory.readUInt32BE(locate(layout.index + INDEX_ENTRY * index) + POSITION_AT);
  const amounts = locate(layout.amounts + AMOUNTS_ENTRY * index);
  const cumulative = BigInt(hexIn(memory, amounts));
  const cumulativeCommission = BigInt(hexIn(memory, amounts + 32));
  const siblings = siblingsOf(head.count, position);
  for (let i = 0; i < siblings.length; i++) {
    const at = locate(layout.nodes + NODE * (siblings[i] as number)) / WORD;
    // Word by word: to have so few bytes copied takes longer.
    for (let k = 0; k < NODE / WORD; k++) GATHERED_WORDS[(NODE / WORD) * i + k] = words[at + k] as number;
  }
  // One text for all is cut into them: to make it costs more than to write its digits.
  const digits = GATHERED.toString("hex", 0, NODE * siblings.length);
  const merkleProof = siblings.map((_, i): Hex => `0x${digits.slice(2 * NODE * i, 2 * NODE * (i + 1))}`);
  return { prover, cumulative, cumulativeCommission, merkleProof };
}

/** The longest merkleProof: positions have 32 bits. */
const GATHERED = Buffer.alloc(32 * NODE);
const WORD = 4;
const GATHERED_WORDS = new Int32Array(GATHERED.buffer, GATHERED.byteOffset, GATHERED.length / WORD);

/** 32 bytes as text, by the runtime's own: a merkleProof is a thousand digits. */
function hexIn(memory: Buffer, at: number): Hex {
  return `0x${memory.toString("hex", at, at + 32)}`;
}

function treeKey(datasetHash: Hex): string {
  return `artifacts/${datasetHash}.tree`;
}
