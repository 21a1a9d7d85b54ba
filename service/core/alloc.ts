// SPDX-License-Identifier: AGPL-3.0-only
import { invariant } from "./errors.ts";
import { asUint } from "./guard.ts";
import { sortedIndices } from "./order.ts";

/**
 * Largest remainder: divides `total` by `weights` so that the parts, in the order of the weights, sum to exactly
 * `total`. What flooring leaves over goes one wei each to the largest remainders, ties to the lower index. Weights
 * that sum to 0 receive nothing.
 * @throws InputError for a total or a weight that is negative or above 256 bits.
 */
export function alloc(total: bigint, weights: readonly bigint[]): bigint[] {
  asUint(total, "total");
  const checked = weights.map((weight, i) => asUint(weight, `weights[${i}]`));
  const parts: bigint[] = [];
  allocEach(
    total,
    checked.length,
    (i) => checked[i] as bigint,
    (i, part) => {
      parts[i] = part;
    },
  );
  return parts;
}

/** The same for weights and parts that are kept elsewhere: `give` is called once for each that gets something, or more. */
export function allocEach(
  total: bigint,
  count: number,
  weightAt: (index: number) => bigint,
  give: (index: number, part: bigint) => void,
): void {
  let sum = 0n;
  for (let i = 0; i < count; i++) sum += weightAt(i);
  if (sum === 0n) {
    for (let i = 0; i < count; i++) give(i, 0n);
    return;
  }
  const remainders = new Remainders(count, sum);
  let missing = total;
  for (let i = 0; i < count; i++) {
    const weight = weightAt(i);
    const part = (total * weight) / sum;
    give(i, part);
    missing -= part;
    remainders.set(i, total * weight - part * sum);
  }
  // Each remainder is below the sum of weights, so fewer wei are missing than there are remainders.
  invariant(missing <= BigInt(remainders.positive), "no remainder receives more than one wei");
  if (missing === 0n) return;
  for (const i of remainders.largest(Number(missing))) give(i, (total * weightAt(i)) / sum + 1n);
}

/** As many 64-bit words as hold 2^53 weights of 256 bits. */
const WORDS = 5;

/** What division by `sum` leaves, as the distance to it: the largest remainder is the smallest distance. */
class Remainders {
  positive = 0;
  readonly #sum: bigint;
  readonly #shift: bigint;
  readonly #words: BigUint64Array;
  readonly #prefixes: Uint32Array<ArrayBuffer>;

  constructor(count: number, sum: bigint) {
    this.#sum = sum;
    this.#shift = BigInt(Math.max(0, sum.toString(2).length - 32));
    this.#words = new BigUint64Array(count * WORDS);
    this.#prefixes = new Uint32Array(count);
  }

  set(index: number, remainder: bigint): void {
    if (remainder > 0n) this.positive += 1;
    const distance = this.#sum - remainder;
    this.#prefixes[index] = Number(distance >> this.#shift);
    for (let word = 0, rest = distance; rest > 0n; word++, rest >>= 64n) {
      // Takes the low 64 bits.
      this.#words[index * WORDS + word] = rest;
    }
  }

  largest(count: number): Uint32Array {
    const order = sortedIndices(
      this.#prefixes,
      (a, b) => this.#compare(a, b) || a - b,
      () => new Error("two weights of one index"),
    );
    return order.subarray(0, count);
  }

  #compare(a: number, b: number): number {
    for (let word = WORDS - 1; word >= 0; word--) {
      const [ofA, ofB] = [this.#words[a * WORDS + word] as bigint, this.#words[b * WORDS + word] as bigint];
      if (ofA !== ofB) return ofA < ofB ? -1 : 1;
    }
    return 0;
  }
}
