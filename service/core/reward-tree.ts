// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { asAddress, asHash } from "./guard.ts";
import { writeLeafHashes } from "./leaf.ts";
import { sortedIndices } from "./order.ts";
import { buildTreeOf, proofAt, type Tree, treeRoot } from "./tree.ts";
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

/**
 * Entries may come in any order, in wei; one per prover. The tree's are ascending by address.
 * @throws InputError for what is no leaf, and for a prover that is there twice.
 */
export function buildRewardTree(domain: Hex, entries: readonly LeafEntry[]): RewardTree {
  const checkedDomain = asHash(domain, "domain");
  if (entries.length === 0) {
    return {
      domain: checkedDomain,
      root: checkedDomain,
      entries: [],
      positions: new Uint32Array(0),
      tree: undefined,
    };
  }
  let small = true;
  let order = new Uint32Array();
  // Encoded in the order given, which is the order in memory.
  const { positions, ...tree } = buildTreeOf(entries.length, (out) => {
    const provers = writeLeafHashes(checkedDomain, entries, out);
    small = provers.small;
    order = orderByProver(entries, provers.prefixes);
  });
  return {
    domain: checkedDomain,
    root: treeRoot(tree),
    entries: inOrder(small ? entries : entries.map(inLowerCase), order, new Array<LeafEntry>(order.length)),
    positions: inOrder(positions, order, new Uint32Array(order.length)),
    tree,
  };
}

/**
 * What a prover claims with, in wei, or undefined if the root holds nothing for it.
 * @throws InputError for what is no address.
 */
export function claimOf(tree: RewardTree, prover: Address): Claim | undefined {
  const index = indexOf(tree.entries, asAddress(prover, "prover"));
  const entry = tree.entries[index];
  if (entry === undefined || tree.tree === undefined) return undefined;
  return { ...entry, merkleProof: proofAt(tree.tree, tree.positions[index] as number) };
}

function inLowerCase(entry: LeafEntry): LeafEntry {
  return { ...entry, prover: entry.prover.toLowerCase() as Address };
}

/** Fills `out`. */
function inOrder<T, Out extends { [index: number]: T }>(
  items: ArrayLike<T>,
  order: Uint32Array,
  out: Out,
): Out {
  for (let i = 0; i < order.length; i++) out[i] = items[order[i] as number] as T;
  return out;
}

/** Addresses of one length and one case: the order of the texts is the order of the bytes. */
function orderByProver(
  entries: readonly LeafEntry[],
  prefixes: Uint32Array<ArrayBuffer>,
): Uint32Array<ArrayBuffer> {
  const proverOf = (index: number): string => (entries[index] as LeafEntry).prover.toLowerCase();
  return sortedIndices(
    prefixes,
    (a, b) => (proverOf(a) < proverOf(b) ? -1 : proverOf(a) > proverOf(b) ? 1 : 0),
    (a) => new InputError("duplicate", "leaves", `${proverOf(a)} has two leaves`, "give one leaf per prover"),
  );
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
