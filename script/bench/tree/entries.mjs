// SPDX-License-Identifier: AGPL-3.0-only

/**
 * @typedef {{ prover: `0x${string}`, cumulative: bigint, cumulativeCommission: bigint }} Entry
 * @typedef {{ root: string, prove: (index: number) => unknown }} Built a root, and the merkleProof of an entry
 * @typedef {(entries: Entry[]) => Built} Build from entries to root, the way a careful user of a library would
 */

/** @type {`0x${string}`} */
export const DOMAIN = `0x${"5a".repeat(32)}`;

/** @param {number} size @returns {Entry[]} */
export function makeEntries(size) {
  const mask = (1n << 160n) - 1n;
  return Array.from({ length: size }, (_, i) => {
    const prover = (BigInt(i + 1) * 0x9e3779b97f4a7c15f39cc0605cedc8341082276bn) & mask;
    const cumulative = BigInt(i + 1) * 1_234_567_890_123_456_789n;
    return {
      prover: flat(`0x${prover.toString(16).padStart(40, "0")}`),
      cumulative,
      cumulativeCommission: cumulative / 10n,
    };
  });
}

/** A text in one piece, as one that was read from a file or from the chain: the first to read it would pay for joining. */
function flat(/** @type {`0x${string}`} */ text) {
  return /** @type {`0x${string}`} */ (Buffer.from(text, "latin1").toString("latin1"));
}
