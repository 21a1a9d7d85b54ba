// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { expect, test } from "vitest";
import { type CostRule, feeFor } from "../../../service/prover/cost.ts";

const LISTED = `0x${"01".repeat(32)}` as const;
const OTHER = `0x${"02".repeat(32)}` as const;
const rule: CostRule = {
  base: { cost: 100n },
  byProgram: new Map([[LISTED, { cost: 7n }]]),
  loadBps: 1_000n,
  reserve: 0n,
};

test("a program's own cost comes before the base, and each job in hand adds its part, rounded up", () => {
  expect(feeFor(rule, OTHER, 0)).toBe(100n);
  expect(feeFor(rule, OTHER, 3)).toBe(130n);
  expect(feeFor(rule, LISTED, 0)).toBe(7n);
  expect(feeFor(rule, LISTED, 1)).toBe(8n);
});

test("without a base only listed programs have a fee", () => {
  const listed = { ...rule, base: undefined };
  expect(feeFor(listed, OTHER, 0)).toBeUndefined();
  expect(feeFor(listed, LISTED, 0)).toBe(7n);
});

test("the reserve price is the least that is bid", () => {
  const reserved = { ...rule, reserve: 50n };
  expect(feeFor(reserved, LISTED, 0)).toBe(50n);
  expect(feeFor(reserved, OTHER, 0)).toBe(100n);
});

test("no fee is below the cost, and none is lower with more in hand", () => {
  const amount = fc.bigInt(1n, 10n ** 27n);
  fc.assert(
    fc.property(amount, fc.bigInt(0n, 100_000n), fc.nat(500), fc.nat(500), (base, loadBps, few, more) => {
      const loaded = { base: { cost: base }, byProgram: new Map(), loadBps, reserve: 0n };
      const [less, most] = [few, few + more].map((jobs) => feeFor(loaded, OTHER, jobs) as bigint) as [
        bigint,
        bigint,
      ];
      expect(less).toBeGreaterThanOrEqual(base);
      expect(most).toBeGreaterThanOrEqual(less);
    }),
  );
});
