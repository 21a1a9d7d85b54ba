// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { expect, it } from "vitest";
import { alloc } from "../../../service/core/alloc.ts";

const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);
const amount = fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.bigInt({ min: 0n, max: 1n << 95n }));

it("largest remainder gives the missing wei to the largest remainders", () => {
  expect(alloc(10n, [1n, 2n, 4n])).toEqual([1n, 3n, 6n]);
});

it("largest remainder breaks ties for the lower index", () => {
  expect(alloc(5n, [1n, 1n, 1n])).toEqual([2n, 2n, 1n]);
  expect(alloc(1n, [0n, 3n, 3n])).toEqual([0n, 1n, 0n]);
});

it("largest remainder pays nothing when all weights are 0, and everything to a single weight", () => {
  expect(alloc(10n, [0n, 0n])).toEqual([0n, 0n]);
  expect(alloc(10n, [])).toEqual([]);
  expect(alloc((1n << 95n) + 1n, [0n, 7n])).toEqual([0n, (1n << 95n) + 1n]);
});

it("the parts sum to the total, and no part is a wei or more away from its share", () => {
  fc.assert(
    fc.property(
      amount,
      fc.array(amount, { minLength: 1, maxLength: 20 }).filter((weights) => sum(weights) > 0n),
      (total, weights) => {
        const parts = alloc(total, weights);
        const all = sum(weights);
        expect(sum(parts)).toBe(total);
        parts.forEach((part, i) => {
          const exact = total * (weights[i] as bigint);
          expect(part * all > exact - all && part * all < exact + all).toBe(true);
        });
      },
    ),
  );
});

it("negative totals and weights are refused", () => {
  expect(() => alloc(-1n, [1n])).toThrow(/total: -1/);
  expect(() => alloc(1n, [1n, -1n])).toThrow(/weights\[1\]: -1/);
});
