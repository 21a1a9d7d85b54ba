// SPDX-License-Identifier: AGPL-3.0-only
// Each contestant goes from the same entries to a root and merkleProofs, the way a careful user of its library would.
// What is loaded or generated before `run` is not measured.

/**
 * @typedef {{ prover: `0x${string}`, cumulative: bigint, cumulativeCommission: bigint }} Entry
 * @typedef {{ root: string, merkleProofs: number }} Outcome
 * @typedef {(entries: Entry[], proofs: number) => Outcome} Run
 */

/** @type {`0x${string}`} */
const DOMAIN = `0x${"5a".repeat(32)}`;

/** @type {Record<string, () => Promise<Run>>} */
export const contestants = {
  provender: async () => {
    const { initKeccak } = await import("../../service/core/keccak.ts");
    const { buildRewardTree, claimOf } = await import("../../service/core/reward-tree.ts");
    await initKeccak();
    return (entries, proofs) => {
      const tree = buildRewardTree(DOMAIN, entries);
      const claims = sample(entries, proofs).map((entry) => claimOf(tree, entry.prover));
      return { root: tree.root, merkleProofs: claims.filter((claim) => claim !== undefined).length };
    };
  },

  "@openzeppelin/merkle-tree": async () => {
    const { StandardMerkleTree } = await import("@openzeppelin/merkle-tree");
    return (entries, proofs) => {
      const values = entries.map((entry) => [
        DOMAIN,
        entry.prover,
        entry.cumulative,
        entry.cumulativeCommission,
      ]);
      const tree = StandardMerkleTree.of(values, ["bytes32", "address", "uint256", "uint256"]);
      const merkleProofs = sampleIndices(entries.length, proofs).map((index) => tree.getProof(index));
      return { root: tree.root, merkleProofs: merkleProofs.length };
    };
  },

  "merkletreejs + keccak256": async () => {
    const { default: keccak256 } = await import("keccak256");
    return merkletreejs(keccak256);
  },

  "merkletreejs + hash-wasm": async () => {
    const { createKeccak } = await import("hash-wasm");
    const hasher = await createKeccak(256);
    return merkletreejs((/** @type {Buffer} */ bytes) =>
      Buffer.from(hasher.init().update(bytes).digest("binary")),
    );
  },
};

/**
 * merkletreejs finds a leaf by searching through all of them; a user with many proofs to make keeps the positions.
 * @param {(bytes: Buffer) => Buffer} hash
 * @returns {Promise<Run>}
 */
async function merkletreejs(hash) {
  const { MerkleTree } = await import("merkletreejs");
  return (entries, proofs) => {
    const words = Buffer.alloc(128);
    words.write(DOMAIN.slice(2), 0, "hex");
    const leaves = entries.map((entry) => {
      words.write(entry.prover.slice(2), 44, "hex");
      words.write(entry.cumulative.toString(16).padStart(64, "0"), 64, "hex");
      words.write(entry.cumulativeCommission.toString(16).padStart(64, "0"), 96, "hex");
      return hash(hash(words));
    });
    const tree = new MerkleTree(leaves, hash, { sortLeaves: true, sortPairs: true });
    const positions = new Map(tree.getLeaves().map((leaf, position) => [leaf.toString("hex"), position]));
    const merkleProofs = sample(leaves, proofs).map((leaf) =>
      tree.getHexProof(leaf, positions.get(leaf.toString("hex"))),
    );
    return { root: tree.getHexRoot(), merkleProofs: merkleProofs.length };
  };
}

/** @param {number} size @returns {Entry[]} */
export function makeEntries(size) {
  const mask = (1n << 160n) - 1n;
  return Array.from({ length: size }, (_, i) => {
    const prover = (BigInt(i + 1) * 0x9e3779b97f4a7c15f39cc0605cedc8341082276bn) & mask;
    const cumulative = BigInt(i + 1) * 1_234_567_890_123_456_789n;
    return {
      prover: `0x${prover.toString(16).padStart(40, "0")}`,
      cumulative,
      cumulativeCommission: cumulative / 10n,
    };
  });
}

/** @template T @param {T[]} items @param {number} count @returns {T[]} */
function sample(items, count) {
  return sampleIndices(items.length, count).map((index) => /** @type {T} */ (items[index]));
}

/** @param {number} length @param {number} count */
function sampleIndices(length, count) {
  return Array.from({ length: Math.min(length, count) }, (_, i) =>
    Math.floor((i * length) / Math.min(length, count)),
  );
}
