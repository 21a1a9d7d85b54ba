// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { asAddress, asHash } from "./guard.ts";
import { leafHashes } from "./leaf.ts";
import { sortedIndices } from "./order.ts";
import { buildTree, proofAt, type Tree, treeRoot } from "./tree.ts";
import type { Address, Hex, LeafEntry } from "./types.ts";

/** Everything needed to serve claims against one root. */
export interface RewardTree {
  readonly domain: Hex;
  readonly root: Hex;
  /** By address, ascending. */
  readonly entries: readonly LeafEntry[];
  /** The tree's position of each entry's leaf. */
  readonly positions: Uint32Array;
  /** Undefined while nobody has earned anything: the empty tree's root is the domain. */
  readonly tree: Tree | undefined;
}

export interface Claim extends LeafEntry {
  readonly merkleProof: readonly Hex[];
}

/** Entries may come in any order; one per prover. */
export function buildRewardTree(domain: Hex, entries: readonly LeafEntry[]): RewardTree {
  const checkedDomain = asHash(domain, "domain");
  const sorted = sortEntries(entries);
  if (sorted.length === 0) {
    return {
      domain: checkedDomain,
      root: checkedDomain,
      entries: sorted,
      positions: new Uint32Array(0),
      tree: undefined,
    };
  }
  const { positions, ...tree } = buildTree(leafHashes(checkedDomain, sorted));
  return { domain: checkedDomain, root: treeRoot(tree), entries: sorted, positions, tree };
}

/** What a prover claims with, or undefined if the root holds nothing for it. */
export function claimOf(tree: RewardTree, prover: Address): Claim | undefined {
  const index = indexOf(tree.entries, asAddress(prover, "prover"));
  const entry = tree.entries[index];
  if (entry === undefined || tree.tree === undefined) return undefined;
  return { ...entry, merkleProof: proofAt(tree.tree, tree.positions[index] as number) };
}

/** Lower-case addresses of one length: the order of the texts is the order of the bytes. */
function sortEntries(entries: readonly LeafEntry[]): LeafEntry[] {
  const given = entries.map(({ prover, cumulative, cumulativeCommission }) => ({
    prover: String(prover).toLowerCase() as Address,
    cumulative,
    cumulativeCommission,
  }));
  const proverOf = (index: number): Address => (given[index] as LeafEntry).prover;
  const order = sortedIndices(
    given.length,
    // What is not an address has no prefix; it is refused when its leaf is encoded.
    (i) => Number.parseInt(proverOf(i).slice(2, 10), 16) || 0,
    (a, b) => (proverOf(a) < proverOf(b) ? -1 : proverOf(a) > proverOf(b) ? 1 : 0),
    (a) => new InputError("duplicate", "leaves", `${proverOf(a)} has two leaves`, "give one leaf per prover"),
  );
  return Array.from(order, (index) => given[index] as LeafEntry);
}

function indexOf(entries: readonly LeafEntry[], prover: Address): number {
  let low = 0;
  let high = entries.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = (entries[middle] as LeafEntry).prover;
    if (found === prover) return middle;
    if (found < prover) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
