// SPDX-License-Identifier: AGPL-3.0-only

/** The same numbers for the same seed, on every machine: 32 bits at a time (mulberry32). */
export interface Random {
  /** From 0 to n − 1. */
  readonly below: (n: number) => number;
  readonly between: (low: bigint, high: bigint) => bigint;
  /** True so many times of 10,000. */
  readonly chance: (bps: number) => boolean;
}

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (n: number) => Math.floor((next() / 2 ** 32) * n);
  return {
    below,
    between: (low, high) => low + ((high - low) * BigInt(below(1_000_001))) / 1_000_000n,
    chance: (bps) => below(10_000) < bps,
  };
}
