// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, test } from "vitest";
import { decide as decideWithin, type Load } from "../../../service/prover/candidates.ts";
import type { CostRule } from "../../../service/prover/cost.ts";
import type { Request } from "../../../service/prover/market.ts";

const PROGRAM = `0x${"01".repeat(32)}` as const;
const costs: CostRule = {
  base: { cost: 10n, seconds: 60 },
  byProgram: new Map(),
  loadBps: 10_000n,
  reserve: 0n,
};
const decide = (rule: CostRule, asked: Request, load: Load) =>
  decideWithin(rule, asked, load, { maxOpen: 9, parallel: 1 });
const request = {
  revealEnd: 1_000n,
  deadline: 9_000n,
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

  test("only where the deadline leaves time for what is in hand too, as many at a time as are made", () => {
    const asked = { ...request, deadline: 1_119n };
    expect(decide(costs, { ...asked, deadline: 1_120n }, { ...idle, jobsInHand: 1 }).kind).toBe("bid");
    const late = decide(costs, asked, { ...idle, jobsInHand: 1 });
    expect(late).toEqual({ kind: "later", reason: "deadline" });
    const both = decideWithin(costs, asked, { ...idle, jobsInHand: 1 }, { maxOpen: 9, parallel: 2 });
    expect(both.kind).toBe("bid");
  });

  test("no more at a time than its operator wants", () => {
    const full = decideWithin(costs, request, { ...idle, jobsInHand: 1 }, { maxOpen: 1, parallel: 1 });
    expect(full).toEqual({ kind: "later", reason: "max-open" });
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
