// SPDX-License-Identifier: AGPL-3.0-only
import { initKeccak } from "../../../service/core/keccak.ts";
import { buildRewardTree, claimOf } from "../../../service/core/reward-tree.ts";
import { DOMAIN } from "./entries.mjs";

/** @returns {Promise<import("./entries.mjs").Build>} */
export async function load() {
  await initKeccak();
  return (entries) => {
    const tree = buildRewardTree(DOMAIN, entries);
    return { root: tree.root, prove: (index) => claimOf(tree, entries[index]?.prover ?? "0x")?.merkleProof };
  };
}
