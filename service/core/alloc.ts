// SPDX-License-Identifier: AGPL-3.0-only
import { invariant } from "./errors.ts";
import { asUint } from "./guard.ts";

/**
 * Largest remainder: divides `total` by `weights` so that the parts sum to exactly `total`. What flooring leaves over
 * goes one wei each to the largest remainders, ties to the lower index. Weights that sum to 0 receive nothing.
 */
export function alloc(total: bigint, weights: readonly bigint[]): bigint[] {
  asUint(total, "total");
  let sum = 0n;
  weights.forEach((weight, i) => {
    sum += asUint(weight, `weights[${i}]`);
  });
  if (sum === 0n) return weights.map(() => 0n);

  const parts: bigint[] = [];
  const remainders: { index: number; remainder: bigint }[] = [];
  let missing = total;
  weights.forEach((weight, index) => {
    const part = (total * weight) / sum;
    parts.push(part);
    missing -= part;
    const remainder = total * weight - part * sum;
    if (remainder > 0n) remainders.push({ index, remainder });
  });
  // Each remainder is below the sum of weights, so fewer wei are missing than there are remainders.
  invariant(missing <= BigInt(remainders.length), "no remainder receives more than one wei");
  // Equal ones stay in the order of their index.
  remainders.sort((a, b) => (a.remainder < b.remainder ? 1 : a.remainder > b.remainder ? -1 : 0));
  for (const { index } of remainders.slice(0, Number(missing))) {
    parts[index] = (parts[index] as bigint) + 1n;
  }
  return parts;
}
