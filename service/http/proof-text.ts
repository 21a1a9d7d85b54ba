// SPDX-License-Identifier: AGPL-3.0-only
import type { Static } from "typebox";
import type { ClaimEntry, ClaimTree } from "../core/claim-tree.ts";
import { type SortedTree, siblingsOf } from "../core/tree.ts";
import type { Proof } from "./schemas/provers.ts";

/** What the answers about one root have in common. */
export type RootFields = Pick<
  Static<typeof Proof>,
  "token" | "distributor" | "root" | "epoch" | "status" | "claimableFrom" | "attestations" | "quorum"
>;

export interface Amounts extends Omit<ClaimEntry, "position"> {
  readonly claimed: bigint;
  readonly claimedCommission: bigint;
  readonly claimable: bigint;
}

/**
 * Writes an answer's JSON, with its fields as the schema has them. Addresses, numbers and hashes hold nothing to be
 * escaped: to look for it in each takes longer than to find the merkleProof.
 */
export function proofWriter(root: RootFields) {
  const shared = JSON.stringify(root).slice(1, -1);
  return (prover: string, amounts: Amounts, merkleProofJson: string): string =>
    `{"prover":"${prover}",${shared},"cumulative":"${amounts.cumulative}",` +
    `"cumulativeCommission":"${amounts.cumulativeCommission}","claimed":"${amounts.claimed}",` +
    `"claimedCommission":"${amounts.claimedCommission}","claimable":"${amounts.claimable}",` +
    `"merkleProof":${merkleProofJson}}`;
}

const HASH = 32;
/** Nodes whose part of a merkleProof, from them up, is kept as it is written: all below them share it. 0.8 kB each. */
const MOST_KEPT = 4_096;
const keptOf = new WeakMap<SortedTree, (string | undefined)[]>();

/** The merkleProof of the leaf at `position`, as JSON. */
export function merkleProofJson({ tree }: ClaimTree, position: number): string {
  if (tree === undefined || tree.count === 1) return "[]";
  const { count, nodes } = tree;
  const levels = Math.max(0, Math.ceil(Math.log2(count / MOST_KEPT)));
  const lower = siblingsOf(count, position, levels);
  let kept = keptOf.get(tree);
  if (kept === undefined) {
    kept = [];
    keptOf.set(tree, kept);
  }
  const node = position >>> levels;
  const upper = kept[node] ?? hashesJson(nodes, siblingsOf(count, position).slice(lower.length)).slice(0, -1);
  kept[node] = upper;
  return `[${hashesJson(nodes, lower)}${upper}]`;
}

const BEFORE = '"0x';
const AFTER = '",';
const ITEM = BEFORE.length + 2 * HASH + AFTER.length;
/** Positions have 32 bits. */
const ITEMS = Buffer.from(`${BEFORE}${"0".repeat(2 * HASH)}${AFTER}`.repeat(32), "latin1");
const ITEMS_VIEW = new DataView(ITEMS.buffer, ITEMS.byteOffset, ITEMS.length);
/** Both digits of a byte. */
const DIGITS = Uint16Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(byte.toString(16).padStart(2, "0")).readUint16BE(),
);

/** Nodes' hashes in quotes, with a comma after each. */
function hashesJson(nodes: Uint8Array, indices: readonly number[]): string {
  // They lie far apart: memory fetches all at once if each is touched before the first is written.
  let touched = 0;
  for (const index of indices) touched |= nodes[HASH * index] as number;
  ITEMS[BEFORE.length] = touched;
  let item = 0;
  for (const index of indices) {
    let at = item + BEFORE.length;
    for (let i = HASH * index; i < HASH * (index + 1); i++, at += 2)
      ITEMS_VIEW.setUint16(at, DIGITS[nodes[i] as number] as number);
    item += ITEM;
  }
  return ITEMS.toString("latin1", 0, item);
}
