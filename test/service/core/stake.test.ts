// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { EMPTY_STAKE_HASH, stakeStep } from "../../../service/core/ids.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { type StakePoint, stake } from "../../../service/core/stake.ts";
import { refusalOf } from "../helpers/refusal.ts";
import { readVectors, type StakeVectors } from "./vectors.ts";

beforeAll(initKeccak);

const vectors = readVectors<StakeVectors>("stakes");

const point = (active: bigint, time: bigint): StakePoint => ({ active, time });

describe("a stake is the one worked by hand:", () => {
  it.each(vectors.stakes.map((vector) => [vector.name, vector] as const))("%s", (_, vector) => {
    const points = vector.points.map(({ active, time }) => point(BigInt(active), BigInt(time)));
    expect(stake(points, BigInt(vectors.start), BigInt(vectors.end))).toBe(BigInt(vector.stake));
    expect(firstBroken(vector.points)).toBe(-1);
  });

  it.each(vectors.broken.map((vector) => [vector.name, vector] as const))(
    "%s does not continue the hash",
    (_, { points, at }) => {
      expect(firstBroken(points)).toBe(at);
    },
  );

  /** The first change that does not make the hash that it says. */
  function firstBroken(points: StakeVectors["stakes"][number]["points"]): number {
    let hash = EMPTY_STAKE_HASH;
    return points.findIndex(({ active, time, rollingHash }) => {
      hash = stakeStep(hash, { activeAssets: BigInt(active), timestamp: BigInt(time) });
      return hash !== rollingHash;
    });
  }
});

it("a stake equals the average of the assets of each second", () => {
  const change = fc.record({
    wait: fc.bigInt({ min: 0n, max: 20n }),
    active: fc.bigInt({ min: 0n, max: 1000n }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), fc.bigInt({ min: 1n, max: 60n }), (changes, length) => {
      const start = 50n;
      let time = 30n;
      const points = changes.map(({ wait, active }) => {
        time += wait;
        return point(active, time);
      });
      let sum = 0n;
      for (let second = start; second < start + length; second++) {
        sum += points.findLast((candidate) => candidate.time <= second)?.active ?? 0n;
      }
      expect(stake(points, start, start + length)).toBe(sum / length);
    }),
  );
});

it("a stake counts from the last change at or before the epoch's start", () => {
  expect(stake([point(100n, 1000n)], 1000n, 2000n)).toBe(100n);
  expect(
    stake([point(7n, 10n), point(100n, 900n), point(300n, 1000n), point(50n, 1200n)], 1000n, 2000n),
  ).toBe(100n);
});

it("a series that is none is refused with what is wrong with it, and where to look", () => {
  const refused = (points: StakePoint[], start = 1000n, end = 2000n) =>
    refusalOf(() => stake(points, start, end));
  expect(refused([], 5n, 5n)).toEqual({
    code: "out-of-range",
    field: "end",
    message: "5 is not after start 5",
    hint: "give an epoch's start and end",
  });
  expect(refused([], 5n, 4n)).toMatchObject({ field: "end" });
  expect(refused([], 0n, -1n)).toMatchObject({ field: "end", message: "-1 is out of range" });
  expect(refused([], -1n)).toMatchObject({ code: "out-of-range", field: "start" });
  expect(refused([point(1n, 900n), point(1n, 899n)])).toEqual({
    code: "mismatch",
    field: "points[1].time",
    message: "earlier than the point before",
    hint: "give points in chain order",
  });
  for (const [wrong, field] of [
    [point(-1n, 0n), "active"],
    [point(0n, -1n), "time"],
  ] as const) {
    expect(refused([wrong])).toMatchObject({ code: "out-of-range", field: `points[0].${field}` });
  }
});
