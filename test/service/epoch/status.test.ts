// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, test } from "vitest";
import type { DistributorState, Post } from "../../../service/chain/distributor.ts";
import { dueNow, runwayOf } from "../../../service/epoch/status.ts";

const post: Post = {
  epoch: 2,
  postNumber: 3n,
  root: `0x${"01".repeat(32)}`,
  total: 10n,
  postedAt: 300n,
  claimableAt: 400n,
  quorum: 2n,
  attestations: 0n,
  vetoed: false,
  active: false,
};

const state: DistributorState = {
  blockNumber: 1n,
  timestamp: 350n,
  nextEpoch: 3,
  publisher: `0x${"00".repeat(20)}`,
  latest: post,
  active: undefined,
  carry: 0n,
  totalClaimed: 0n,
  funds: 0n,
  promised: 0n,
  surplus: 0n,
};

const kinds = (given: Partial<DistributorState>, currentEpoch: number) =>
  dueNow({ ...state, ...given }, currentEpoch, 500n).map(({ kind }) => kind);

describe("what is due", () => {
  test("is the first epoch's root once it has ended, and nothing before", () => {
    expect(kinds({ latest: undefined, nextEpoch: 0 }, 1)).toEqual(["post"]);
    expect(kinds({ latest: undefined, nextEpoch: 0 }, 0)).toEqual(["wait"]);
  });

  test("is to wait for window and attestations while a root is pending", () => {
    expect(kinds({}, 3)).toEqual(["window", "attestations", "wait"]);
  });

  test("is attestations alone once the window has passed", () => {
    expect(kinds({ timestamp: 400n }, 3)).toEqual(["attestations", "wait"]);
  });

  test("is no next root before the pending one is active", () => {
    expect(kinds({}, 4)).toEqual(["window", "attestations"]);
    expect(kinds({ latest: { ...post, active: true } }, 4)).toEqual(["post"]);
  });

  test("is the same epoch again after a veto", () => {
    expect(dueNow({ ...state, latest: { ...post, vetoed: true }, nextEpoch: 2 }, 3, 500n)).toEqual([
      { kind: "repost", epoch: 2 },
    ]);
  });
});

describe("the funding runway", () => {
  const segments = [
    { fromEpoch: 0n, budget: 100n },
    { fromEpoch: 7n, budget: 300n },
  ];

  test("counts the running epoch and those after it that the funds cover", () => {
    // Promised: 50 owed from earlier epochs, and the budgets of epochs 3 and 4.
    expect(runwayOf({ funds: 250n, promised: 250n }, segments, 3)).toBe(2);
    expect(runwayOf({ funds: 349n, promised: 250n }, segments, 3)).toBe(2);
    expect(runwayOf({ funds: 350n, promised: 250n }, segments, 3)).toBe(3);
  });

  test("knows of a later segment's budget", () => {
    expect(runwayOf({ funds: 749n, promised: 250n }, segments, 3)).toBe(4);
    expect(runwayOf({ funds: 750n, promised: 250n }, segments, 3)).toBe(5);
  });

  test("is 0 when the running epoch is not funded", () => {
    expect(runwayOf({ funds: 149n, promised: 250n }, segments, 3)).toBe(0);
  });

  test("has no end where the budget is 0", () => {
    expect(runwayOf({ funds: 0n, promised: 0n }, [{ fromEpoch: 0n, budget: 0n }], 3)).toBeUndefined();
  });
});
