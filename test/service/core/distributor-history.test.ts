// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, test } from "vitest";
import {
  carryInto,
  type DistributorHistory,
  type PostLog,
  type SegmentLog,
  segmentFor,
  standingPost,
} from "../../../service/core/distributor-history.ts";
import type { Hex } from "../../../service/core/types.ts";

const HASH: Hex = `0x${"00".repeat(32)}`;

function segment(fromEpoch: number, budget: bigint): SegmentLog {
  return { fromEpoch: BigInt(fromEpoch), budget, policyHash: HASH, policy: new Uint8Array() };
}

/** Roots as they were posted, numbered from 1. */
function posts(...given: readonly (readonly [epoch: number, total: bigint, fate?: "vetoed"])[]): PostLog[] {
  return given.map(([epoch, total, fate], i) => ({
    ...{ epoch, total, postNumber: BigInt(i + 1), vetoed: fate === "vetoed" },
    ...{ root: HASH, datasetHash: HASH, snapshotBlock: 0n, snapshotHash: HASH, claimableAt: 0n, quorum: 1 },
  }));
}

function carries(history: DistributorHistory, ...epochs: number[]): bigint[] {
  return epochs.map((epoch) => carryInto(history, epoch));
}

describe("the carry into an epoch", () => {
  const segments = [segment(0, 100n)];

  test("is what the roots before it left of budget and carry, at most one budget", () => {
    const history = { segments, posts: posts([0, 30n], [1, 40n], [2, 200n]) };
    expect(carries(history, 0, 1, 2, 3)).toEqual([0n, 70n, 100n, 40n]);
  });

  test("stays what it is until the next root is posted", () => {
    expect(carries({ segments, posts: posts([0, 30n]) }, 1, 2, 9)).toEqual([70n, 70n, 70n]);
  });

  test("is untouched by a vetoed root", () => {
    const history = { segments, posts: posts([0, 30n], [1, 199n, "vetoed"], [1, 40n]) };
    expect(carries(history, 2)).toEqual([100n]);
  });

  test("is untouched by a vetoed root that no other has replaced", () => {
    expect(carries({ segments, posts: posts([0, 30n], [1, 199n, "vetoed"]) }, 2)).toEqual([70n]);
  });

  test("is offered once by an epoch without budget, which leaves none", () => {
    const history = { segments: [...segments, segment(1, 0n)], posts: posts([0, 30n], [1, 30n]) };
    expect(carries(history, 1, 2)).toEqual([70n, 0n]);
  });

  test("is at most the budget of the epoch that leaves it, under whichever segment that is", () => {
    const history = { segments: [...segments, segment(1, 20n)], posts: posts([0, 0n], [1, 10n], [2, 10n]) };
    expect(carries(history, 1, 2, 3)).toEqual([100n, 20n, 20n]);
  });

  test("is nothing where nothing was ever set or posted", () => {
    expect(carries({ segments: [], posts: [] }, 0, 5)).toEqual([0n, 0n]);
  });
});

test("the segment of an epoch is the last that has begun", () => {
  const segments = [segment(0, 1n), segment(1, 7n), segment(1, 8n), segment(2, 9n)];
  expect([0, 1, 2, 9].map((epoch) => segmentFor({ segments }, epoch)?.budget)).toEqual([1n, 8n, 9n, 9n]);
  expect(segmentFor({ segments: segments.slice(1) }, 0)).toBeUndefined();
});

test("the standing root of an epoch is the one that no veto has stopped", () => {
  const history = { posts: posts([0, 5n], [1, 6n, "vetoed"], [1, 7n], [2, 9n, "vetoed"]) };
  expect([0, 1, 2, 3].map((epoch) => standingPost(history, epoch)?.total)).toEqual([
    5n,
    7n,
    undefined,
    undefined,
  ]);
});
