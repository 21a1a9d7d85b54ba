// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type StakePoint, stake } from "../../../service/core/stake.ts";
import { refusalOf } from "../helpers/refusal.ts";
import { readVectors } from "./vectors.ts";

const vectors = readVectors<{
  start: string;
  end: string;
  stakes: {
    name: string;
    points: { active: string; activeSeconds: string; time: string }[];
    stake: string;
  }[];
}>("stakes");

const point = (active: bigint, activeSeconds: bigint, time: bigint): StakePoint => ({
  active,
  activeSeconds,
  time,
});

describe("stakes worked by hand", () => {
  it.each(vectors.stakes.map((vector) => [vector.name, vector] as const))("%s", (_, vector) => {
    const points = vector.points.map(({ active, activeSeconds, time }) =>
      point(BigInt(active), BigInt(activeSeconds), BigInt(time)),
    );
    expect(stake(points, BigInt(vectors.start), BigInt(vectors.end))).toBe(BigInt(vector.stake));
  });
});

it("equals the average of the assets of each second", () => {
  const change = fc.record({
    wait: fc.bigInt({ min: 0n, max: 20n }),
    active: fc.bigInt({ min: 0n, max: 1000n }),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), fc.bigInt({ min: 1n, max: 60n }), (changes, length) => {
      const start = 50n;
      const points: StakePoint[] = [];
      let [time, activeSeconds, active] = [30n, 0n, 0n];
      for (const { wait, active: next } of changes) {
        time += wait;
        activeSeconds += active * wait;
        active = next;
        points.push(point(active, activeSeconds, time));
      }
      let sum = 0n;
      for (let second = start; second < start + length; second++) {
        sum += points.findLast((candidate) => candidate.time <= second)?.active ?? 0n;
      }
      expect(stake(points, start, start + length)).toBe(sum / length);
    }),
  );
});

it("finds a change that is missing, added or out of order", () => {
  const points = [point(100n, 0n, 900n), point(300n, 10_000n, 1000n), point(50n, 70_000n, 1200n)];
  expect(stake(points, 1000n, 2000n)).toBe(100n);
  const [a, b, c] = points as [StakePoint, StakePoint, StakePoint];
  expect(() => stake([a, c], 1000n, 2000n)).toThrow(
    /points\[1\].activeSeconds: 70000 does not continue .* 30000/,
  );
  expect(() => stake([a, b, b, { ...c, activeSeconds: 70_001n }], 1000n, 2000n)).toThrow(/does not continue/);
  expect(() => stake([a, c, b], 1000n, 2000n)).toThrow(/points\[1\]/);
  expect(() => stake([b, a], 1000n, 2000n)).toThrow(/earlier than the point before/);
});

it("refuses a series that begins inside the epoch without being the vault's first", () => {
  expect(() => stake([point(100n, 1n, 1001n)], 1000n, 2000n)).toThrow(/begins inside the epoch/);
  // What was summed up before the epoch is no part of it.
  expect(stake([point(100n, 50_000n, 1000n)], 1000n, 2000n)).toBe(100n);
});

it("refuses an epoch without length and negative assets", () => {
  expect(() => stake([], 5n, 5n)).toThrow(/end: 5 is not after start 5/);
  expect(() => stake([point(-1n, 0n, 0n)], 5n, 6n)).toThrow(/points\[0\].active: -1 is out of range/);
});

it("says what is wrong with a series, and where to look", () => {
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
  expect(refused([point(100n, 1n, 1001n)])).toEqual({
    code: "missing",
    field: "points[0]",
    message: "the series begins inside the epoch with a sum above 0",
    hint: "give the vault's changes from its creation, or from one at or before the epoch's start",
  });
  expect(refused([point(1n, 0n, 900n), point(1n, 0n, 899n)])).toEqual({
    code: "mismatch",
    field: "points[1].time",
    message: "earlier than the point before",
    hint: "give points in chain order",
  });
  expect(refused([point(3n, 0n, 900n), point(1n, 7n, 902n)])).toEqual({
    code: "mismatch",
    field: "points[1].activeSeconds",
    message: "7 does not continue the point before, which gives 6",
    hint: "a change of active assets is missing, added or out of order: read the vault's logs again",
  });
  for (const [wrong, field] of [
    [point(-1n, 0n, 0n), "active"],
    [point(0n, -1n, 0n), "activeSeconds"],
    [point(0n, 0n, -1n), "time"],
  ] as const) {
    expect(refused([wrong])).toMatchObject({ code: "out-of-range", field: `points[0].${field}` });
  }
});
