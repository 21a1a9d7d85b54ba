// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex, LeafEntry } from "../../../service/core/types.ts";

/** Provers spread over all addresses, unsorted, with cumulative amounts in wei; the same each time. */
export function makeEntries(size: number): LeafEntry[] {
  const mask = (1n << 160n) - 1n;
  return Array.from({ length: size }, (_, i) => {
    const prover = (BigInt(i + 1) * 0x9e3779b97f4a7c15f39cc0605cedc8341082276bn) & mask;
    const cumulative = BigInt(i + 1) * 1_234_567_890_123_456_789n;
    return {
      prover: flat(`0x${prover.toString(16).padStart(40, "0")}`),
      ...{ cumulative, cumulativeCommission: cumulative / 10n },
    };
  });
}

/** A text in one piece, as one that was read from a file or from the chain: the first to read it would pay for joining. */
function flat(text: Hex): Hex {
  return Buffer.from(text, "latin1").toString("latin1") as Hex;
}
