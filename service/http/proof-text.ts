// SPDX-License-Identifier: AGPL-3.0-only
import type { Static } from "typebox";
import type { ClaimEntry, ClaimTree } from "../core/claim-tree.ts";
import { siblingsOf } from "../core/tree.ts";
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
/** Positions have 32 bits. */
const SIBLINGS = Buffer.alloc(HASH * 32);

/** The merkleProof of the leaf at `position`, as JSON. */
export function merkleProofJson({ tree }: ClaimTree, position: number): string {
  if (tree === undefined) return "[]";
  const { nodes } = tree;
  let length = 0;
  for (const node of siblingsOf(tree.count, position)) {
    for (let i = HASH * node; i < HASH * (node + 1); i++) SIBLINGS[length++] = nodes[i] as number;
  }
  if (length === 0) return "[]";
  const digits = SIBLINGS.toString("hex", 0, length);
  let json = `["0x${digits.slice(0, 2 * HASH)}`;
  for (let at = 2 * HASH; at < digits.length; at += 2 * HASH)
    json += `","0x${digits.slice(at, at + 2 * HASH)}`;
  return `${json}"]`;
}
