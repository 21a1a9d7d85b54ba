// SPDX-License-Identifier: AGPL-3.0-only
import { parseEther } from "viem";
import { describe, expect, test } from "vitest";
import { costRule, intervalOf } from "../../../script/prover/options.ts";
import { UsageError } from "../../../service/cli/errors.ts";

const PROGRAM = `0x${"aB".repeat(32)}`;

describe("the cost rule", () => {
  test("is read from its flags, in tokens", () => {
    const rule = costRule({ cost: "2.5", costOf: [`${PROGRAM}=0.000000000000000001`], loadBps: "500" });
    expect(rule).toEqual({
      base: parseEther("2.5"),
      byProgram: new Map([[PROGRAM.toLowerCase(), 1n]]),
      loadBps: 500n,
    });
    expect(costRule({ costOf: [`${PROGRAM}=1`], loadBps: "0" }).base).toBeUndefined();
  });

  test.each([
    [{ loadBps: "0" }, "what a zk proof costs is missing"],
    [{ cost: "0", loadBps: "0" }, "--cost"],
    [{ cost: "-1", loadBps: "0" }, "--cost"],
    [{ cost: "1e3", loadBps: "0" }, "--cost"],
    [{ cost: "0.0000000000000000001", loadBps: "0" }, "--cost"],
    [{ costOf: ["5"], loadBps: "0" }, "--cost-of"],
    [{ costOf: ["0x12=5"], loadBps: "0" }, "--cost-of"],
    [{ costOf: [`${PROGRAM}=`], loadBps: "0" }, "--cost-of"],
    [{ cost: "1", loadBps: "100001" }, "--load-bps"],
    [{ cost: "1", loadBps: "5%" }, "--load-bps"],
  ])("refuses %j", (flags, problem) => {
    expect(() => costRule(flags)).toThrow(UsageError);
    expect(() => costRule(flags)).toThrow(problem);
  });
});

test("how often to look is between twenty times a second and once an hour", () => {
  expect(["0.05", "2", "3600"].map(intervalOf)).toEqual([50, 2_000, 3_600_000]);
  for (const text of ["0", "0.01", "3601", "-1", "soon", "1e2", ""]) {
    expect(() => intervalOf(text), text).toThrow("--every");
  }
});
