// SPDX-License-Identifier: AGPL-3.0-only
import type { Static } from "typebox";
import type { StoredClaim } from "../store/trees.ts";
import type { Proof } from "./schemas/provers.ts";

type ProofBody = Static<typeof Proof>;

/** What the answers about one root have in common. */
export type RootFields = Pick<
  ProofBody,
  "token" | "distributor" | "root" | "epoch" | "status" | "claimableFrom" | "attestations" | "quorum"
>;

export interface ClaimFields extends StoredClaim {
  readonly prover: string;
  readonly claimed: bigint;
  readonly claimedCommission: bigint;
  readonly claimable: bigint;
}

/**
 * Writes an answer's JSON, with its fields as the schema has them. What is hexadecimal, decimal or one of our own words
 * holds nothing to be escaped, and is not searched for it: that takes longer than to find the merkleProof.
 */
export function proofWriter(root: RootFields): (claim: ClaimFields) => string {
  const { token } = root;
  const shared =
    `","token":{"address":"${token.address}","symbol":${JSON.stringify(token.symbol)},"decimals":${token.decimals}},` +
    `"distributor":"${root.distributor}","root":"${root.root}","epoch":${root.epoch},"status":"${root.status}",` +
    `"claimableFrom":"${root.claimableFrom}","attestations":${root.attestations},"quorum":${root.quorum},"cumulative":"`;
  return (claim) =>
    `{"prover":"${claim.prover}${shared}${claim.cumulative}",` +
    `"cumulativeCommission":"${claim.cumulativeCommission}","claimed":"${claim.claimed}",` +
    `"claimedCommission":"${claim.claimedCommission}","claimable":"${claim.claimable}",` +
    `"merkleProof":${claim.merkleProofJson}}`;
}
