// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { expect, it } from "vitest";
import { writeHex } from "../../../service/core/hex.ts";
import { entryAt, PAGE } from "../../../service/core/tree-file.ts";
import type { Address } from "../../../service/core/types.ts";
import type { CachedFile } from "../../../service/store/block-cache.ts";
import { findProver, pageStarts } from "../../../service/store/prover-search.ts";

const FROM = PAGE;

/** An index of these provers, and how often it was looked into. */
function indexOf(sorted: readonly Address[]) {
  const memory = Buffer.alloc(entryAt(FROM, sorted.length) + PAGE);
  sorted.forEach((prover, i) => {
    writeHex(prover, memory, entryAt(FROM, i));
  });
  const seen = { steps: 0 };
  const cached: CachedFile = {
    ...{ memory, view: new DataView(memory.buffer) },
    locate(position) {
      seen.steps++;
      return position;
    },
  };
  const starts = pageStarts(sorted.length, FROM, cached);
  return { seen, find: (prover: Address) => findProver(sorted.length, FROM, starts, cached, prover) };
}

const addressOf = (value: bigint) => `0x${value.toString(16).padStart(40, "0")}` as Address;
const LAST = 2n ** 160n - 1n;
const value = fc.oneof(
  fc.bigInt({ min: 0n, max: LAST }),
  // Alike in all of their first bytes, or crowded at an end.
  fc.bigInt({ min: 0n, max: 400n }),
  fc.bigInt({ min: LAST - 400n, max: LAST }),
  fc.bigInt({ min: 0n, max: 400n }).map((low) => (0x123456789abcn << 112n) + low),
);

it("each prover of an index is found where it is, and nobody else", () => {
  fc.assert(
    fc.property(fc.uniqueArray(value, { maxLength: 300, size: "max" }), value, (values, other) => {
      const sorted = values.toSorted((a, b) => (a < b ? -1 : 1)).map(addressOf);
      const { find } = indexOf(sorted);
      sorted.forEach((prover, i) => {
        expect(find(prover)).toBe(i);
      });
      const at = sorted.indexOf(addressOf(other));
      expect(find(addressOf(other))).toBe(at === -1 ? undefined : at);
    }),
    { numRuns: 50 },
  );
});

it("addresses that were chosen to lie badly take a few steps more than halving does", () => {
  // Each is half of the one before: wherever one guesses by the numbers, nearly all are on one side.
  const halves = Array.from({ length: 160 }, (_, i) => 1n << BigInt(i));
  const crowd = Array.from({ length: 4_000 }, (_, i) => BigInt(i));
  const sorted = [...new Set([...crowd, ...halves])].sort((a, b) => (a < b ? -1 : 1)).map(addressOf);
  const { seen, find } = indexOf(sorted);
  for (const [i, prover] of sorted.entries()) {
    seen.steps = 0;
    expect(find(prover)).toBe(i);
    expect(seen.steps).toBeLessThanOrEqual(6 + Math.ceil(Math.log2(sorted.length)) + 1);
  }
});
