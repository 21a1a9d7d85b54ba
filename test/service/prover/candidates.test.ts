// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, test } from "vitest";
import { decide, type Load } from "../../../script/prover/candidates.ts";
import type { CostRule } from "../../../script/prover/cost.ts";
import type { Request } from "../../../script/prover/market.ts";

const PROGRAM = `0x${"01".repeat(32)}` as const;
const costs: CostRule = { base: 10n, byProgram: new Map(), loadBps: 10_000n };
const request = {
  programKey: PROGRAM,
  maxFee: 20n,
  lockAmount: 100n,
  bond: 5n,
  maxOpenAssignments: 3n,
} as Request;
const idle: Load = {
  capacity: { eligible: true, freeCollateral: 1_000n, openAssignments: 0n },
  promised: 0n,
  unrevealed: 0,
  jobsInHand: 0,
};
const withCapacity = (change: Partial<Load["capacity"]>) => ({
  ...idle,
  capacity: { ...idle.capacity, ...change },
});

describe("whether to bid", () => {
  test("its cost, up to the most that the requester pays", () => {
    expect(decide(costs, request, idle)).toEqual({ kind: "bid", fee: 10n });
    expect(decide(costs, request, { ...idle, jobsInHand: 1 })).toEqual({ kind: "bid", fee: 20n });
    const busy = decide(costs, request, { ...idle, jobsInHand: 2 });
    expect(busy).toEqual({ kind: "later", reason: "cost-above-max-fee" });
  });

  test("never for a program without a cost", () => {
    const none = { ...costs, base: undefined };
    expect(decide(none, request, idle)).toEqual({ kind: "never", reason: "no-cost" });
  });

  test("not while it is not eligible", () => {
    const load = withCapacity({ eligible: false });
    expect(decide(costs, request, load)).toEqual({ kind: "later", reason: "not-eligible" });
  });

  test("only what its collateral covers, should every bid that is not revealed come to lead", () => {
    const exact = { ...withCapacity({ freeCollateral: 300n }), promised: 200n };
    expect(decide(costs, request, exact).kind).toBe("bid");
    const short = { ...exact, promised: 201n };
    expect(decide(costs, request, short)).toEqual({ kind: "later", reason: "collateral" });
    const bonded = { ...request, lockAmount: 0n, bond: 301n };
    expect(decide(costs, bonded, withCapacity({ freeCollateral: 300n })).reason).toBe("collateral");
  });

  test("no more than the assignments that the market allows", () => {
    const load = { ...withCapacity({ openAssignments: 1n }), unrevealed: 1 };
    expect(decide(costs, request, load).kind).toBe("bid");
    expect(decide(costs, request, { ...load, unrevealed: 2 })).toEqual({
      kind: "later",
      reason: "assignments",
    });
  });
});
