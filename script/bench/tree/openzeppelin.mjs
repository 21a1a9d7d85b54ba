// SPDX-License-Identifier: AGPL-3.0-only
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";
import { DOMAIN } from "./entries.mjs";

/** @returns {Promise<import("./entries.mjs").Build>} */
export async function load() {
  return (entries) => {
    const values = entries.map(({ prover, cumulative, cumulativeCommission }) => [
      DOMAIN,
      prover,
      cumulative,
      cumulativeCommission,
    ]);
    const tree = StandardMerkleTree.of(values, ["bytes32", "address", "uint256", "uint256"]);
    return { root: tree.root, prove: (index) => tree.getProof(index) };
  };
}
