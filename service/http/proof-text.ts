// SPDX-License-Identifier: AGPL-3.0-only
import type { Static } from "typebox";
import type { Proof } from "./schemas/provers.ts";

/**
 * An answer's JSON, with its fields as the schema has them. What is hexadecimal, decimal or one of our own words holds
 * nothing to be escaped, and is not searched for it: that takes longer than to find the merkleProof.
 */
export function proofText(proof: Static<typeof Proof>): string {
  const { token, merkleProof } = proof;
  const nodes = merkleProof.length === 0 ? "" : `"${merkleProof.join('","')}"`;
  return (
    `{"prover":"${proof.prover}","token":{"address":"${token.address}","symbol":${JSON.stringify(token.symbol)},` +
    `"decimals":${token.decimals}},"distributor":"${proof.distributor}","root":"${proof.root}",` +
    `"epoch":${proof.epoch},"status":"${proof.status}","claimableFrom":"${proof.claimableFrom}",` +
    `"attestations":${proof.attestations},"quorum":${proof.quorum},"cumulative":"${proof.cumulative}",` +
    `"cumulativeCommission":"${proof.cumulativeCommission}","claimed":"${proof.claimed}",` +
    `"claimedCommission":"${proof.claimedCommission}","claimable":"${proof.claimable}","merkleProof":[${nodes}]}`
  );
}
