// SPDX-License-Identifier: AGPL-3.0-only
import { createKeccak } from "hash-wasm";
import keccak256 from "keccak256";
import { MerkleTree } from "merkletreejs";
import { DOMAIN } from "./entries.mjs";

/** @typedef {import("./entries.mjs").Entry} Entry */

export async function loadWithKeccak256() {
  return buildWith(keccak256);
}

export async function loadWithHashWasm() {
  const hasher = await createKeccak(256);
  return buildWith((/** @type {Buffer} */ bytes) =>
    Buffer.from(hasher.init().update(bytes).digest("binary")),
  );
}

/**
 * The library finds a leaf by searching through all of them; a user with many merkleProofs to make keeps the positions.
 * @param {(bytes: Buffer) => Buffer} hash
 */
function buildWith(hash) {
  return (/** @type {Entry[]} */ entries) => {
    const words = Buffer.alloc(128);
    words.write(DOMAIN.slice(2), 0, "hex");
    const leaves = entries.map(({ prover, cumulative, cumulativeCommission }) => {
      words.write(prover.slice(2), 44, "hex");
      words.write(cumulative.toString(16).padStart(64, "0"), 64, "hex");
      words.write(cumulativeCommission.toString(16).padStart(64, "0"), 96, "hex");
      return hash(hash(words));
    });
    const tree = new MerkleTree(leaves, hash, { sortLeaves: true, sortPairs: true });
    /** @type {Map<string, number> | undefined} */
    let positions;
    const prove = (/** @type {number} */ index) => {
      positions ??= new Map(tree.getLeaves().map((leaf, position) => [leaf.toString("hex"), position]));
      const leaf = /** @type {Buffer} */ (leaves[index]);
      return tree.getHexProof(leaf, positions.get(leaf.toString("hex")));
    };
    const search = (/** @type {number} */ index) => tree.getHexProof(/** @type {Buffer} */ (leaves[index]));
    return { root: tree.getHexRoot(), prove, search };
  };
}
