// SPDX-License-Identifier: AGPL-3.0-only
// From entries to root, and the merkleProof of an entry, the way a careful user of each library would.
import type { Hex, LeafEntry } from "../../../service/core/types.ts";
import { measured } from "../measured.ts";
import { makeEntries } from "./entries.ts";

const PROOFS = 1_000;
const DOMAIN: Hex = `0x${"5a".repeat(32)}`;

interface Built {
  readonly root: string;
  /** The merkleProof of an entry. */
  readonly prove: (index: number) => unknown;
}

type Build = (entries: readonly LeafEntry[]) => Built;

/** Each brings only what it needs itself, as the rest would count as its memory. */
export const CONTESTANTS = {
  provender: loadProvender,
  "merkletreejs + hash-wasm": async () => withMerkletreejs(await hashWasm()),
  "merkletreejs + keccak256": async () => withMerkletreejs((await import("keccak256")).default),
  "@openzeppelin/merkle-tree": loadOpenZeppelin,
} satisfies Record<string, () => Promise<Build>>;

export async function work({ contestant, size }: { contestant: keyof typeof CONTESTANTS; size: number }) {
  const build: Build = await CONTESTANTS[contestant]();
  const entries = makeEntries(size);
  globalThis.gc?.(); // The entries' garbage is not the contestant's.
  let built: Built | undefined;
  const { cpuSeconds } = await measured(() => {
    built = build(entries);
  });
  const indices = Array.from({ length: PROOFS }, (_, i) => Math.floor((i * size) / PROOFS));
  const proving = await measured(() => {
    if (indices.some((index) => built?.prove(index) === undefined))
      throw new Error(`${contestant} has no merkleProof of an entry`);
  });
  const { cpuSeconds: proofSeconds, megabytes } = proving;
  return { root: built?.root, cpuSeconds, proofMilliseconds: 1_000 * proofSeconds, megabytes };
}

async function loadProvender(): Promise<Build> {
  const { initKeccak } = await import("../../../service/core/keccak.ts");
  const { buildRewardTree, claimOf } = await import("../../../service/core/reward-tree.ts");
  await initKeccak();
  return (entries) => {
    const tree = buildRewardTree(DOMAIN, entries);
    return { root: tree.root, prove: (index) => claimOf(tree, entries[index]?.prover ?? "0x")?.merkleProof };
  };
}

async function loadOpenZeppelin(): Promise<Build> {
  const { StandardMerkleTree } = await import("@openzeppelin/merkle-tree");
  return (entries) => {
    const values = entries.map((each) => [DOMAIN, each.prover, each.cumulative, each.cumulativeCommission]);
    const tree = StandardMerkleTree.of(values, ["bytes32", "address", "uint256", "uint256"]);
    return { root: tree.root, prove: (index) => tree.getProof(index) };
  };
}

async function hashWasm(): Promise<(bytes: Buffer) => Buffer> {
  const hasher = await (await import("hash-wasm")).createKeccak(256);
  return (bytes) => Buffer.from(hasher.init().update(bytes).digest("binary"));
}

/** The library finds a leaf by searching through all of them; a user with many merkleProofs to make keeps the positions. */
async function withMerkletreejs(hash: (bytes: Buffer) => Buffer) {
  const { MerkleTree } = await import("merkletreejs");
  return (entries: readonly LeafEntry[]) => {
    const words = Buffer.alloc(128);
    words.write(DOMAIN.slice(2), 0, "hex");
    const leaves = entries.map(({ prover, cumulative, cumulativeCommission }) => {
      words.write(prover.slice(2), 44, "hex");
      words.write(cumulative.toString(16).padStart(64, "0"), 64, "hex");
      words.write(cumulativeCommission.toString(16).padStart(64, "0"), 96, "hex");
      return hash(hash(words));
    });
    const tree = new MerkleTree(leaves, hash, { sortLeaves: true, sortPairs: true });
    let positions: Map<string, number> | undefined;
    const prove = (index: number) => {
      positions ??= new Map(tree.getLeaves().map((leaf, position) => [leaf.toString("hex"), position]));
      const leaf = leaves[index] as Buffer;
      return tree.getHexProof(leaf, positions.get(leaf.toString("hex")));
    };
    const search = (index: number) => tree.getHexProof(leaves[index] as Buffer);
    return { root: tree.getHexRoot(), prove, search };
  };
}
