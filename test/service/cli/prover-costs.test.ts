// SPDX-License-Identifier: AGPL-3.0-only
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEther } from "viem";
import { describe, expect, test } from "vitest";
import { intervalOf } from "../../../service/cli/commands/prover-run.ts";
import { UsageError } from "../../../service/cli/errors.ts";
import { type CostFlags, costRule } from "../../../service/cli/prover-costs.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const PROGRAM = `0x${"aB".repeat(32)}`;

const costs = (flags: CostFlags) => costRule({ cwd: "/" }, flags);

describe("the cost rule", () => {
  test("is read from its flags, in tokens", () => {
    const rule = costs({ cost: "2.5", costOf: [`${PROGRAM}=0.000000000000000001`], load: "5%" });
    expect(rule).toEqual({
      base: { cost: parseEther("2.5") },
      byProgram: new Map([[PROGRAM.toLowerCase(), { cost: 1n }]]),
      loadBps: 500n,
      reserve: 0n,
    });
    expect(costs({ costOf: [`${PROGRAM}=1`], load: "0" }).base).toBeUndefined();
  });

  test.each([
    [{ load: "0" }, "what a zk proof costs is missing"],
    [{ cost: "0", load: "0" }, "--cost"],
    [{ cost: "-1", load: "0" }, "--cost"],
    [{ cost: "1e3", load: "0" }, "--cost"],
    [{ cost: "0.0000000000000000001", load: "0" }, "--cost"],
    [{ costOf: ["5"], load: "0" }, "--cost-of"],
    [{ costOf: ["0x12=5"], load: "0" }, "--cost-of"],
    [{ costOf: [`${PROGRAM}=`], load: "0" }, "--cost-of"],
    [{ cost: "1", load: "1001%" }, "--load: not a part in percent, from 0 to 1000: 1001%"],
    [{ cost: "1", load: "500bps" }, "--load"],
  ])("refuses %j", (flags, problem) => {
    expect(() => costs(flags)).toThrow(UsageError);
    expect(() => costs(flags)).toThrow(problem);
  });
});

describe("a file of costs", () => {
  const read = (content: unknown, flags: CostFlags = {}) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, "costs.json"), typeof content === "string" ? content : JSON.stringify(content));
    return costRule({ cwd }, { costs: "costs.json", ...flags });
  };

  test("says what programs cost and take, and flags come before it", () => {
    const file = {
      reserve: "1",
      loadBps: 500,
      default: { cost: "2.5" },
      programs: { [PROGRAM]: { cost: "4", seconds: 90 } },
    };
    const key = PROGRAM.toLowerCase() as `0x${string}`;
    const byProgram = new Map([[key, { cost: parseEther("4"), seconds: 90 }]]);
    const rule = { base: { cost: parseEther("2.5") }, byProgram, loadBps: 500n, reserve: parseEther("1") };
    expect(read(file)).toEqual(rule);
    const changed = read(file, { cost: "3", reserve: "2", load: "0", costOf: [`${PROGRAM}=5`] });
    expect([changed.base, changed.reserve, changed.loadBps, changed.byProgram.get(key)]).toEqual([
      { cost: parseEther("3") },
      parseEther("2"),
      0n,
      { cost: parseEther("5") },
    ]);
  });

  test.each([
    ["{", "cannot read"],
    [[], "file: not an object"],
    [{}, "what a zk proof costs is missing"],
    [{ fee: "1" }, "fee: unknown"],
    [{ programs: { "0x12": { cost: "1" } } }, "programs: not a program key: 0x12"],
    [{ programs: { [PROGRAM]: { cost: 1 } } }, "cost: not an amount in quotes"],
    [{ programs: { [PROGRAM]: { cost: "1", seconds: 0 } } }, "seconds: not a number"],
    [{ programs: { [PROGRAM]: { cost: "1", minutes: 1 } } }, "minutes: unknown"],
    [{ default: { cost: "-1" } }, "default.cost: not an amount in tokens"],
    [{ default: { cost: "0" } }, "default.cost: 0 is nothing"],
    [{ default: { cost: "1" }, loadBps: "5 %" }, "loadBps: not a whole number"],
  ])("%j is refused", (content, problem) => {
    expect(() => read(content)).toThrow(UsageError);
    expect(() => read(content)).toThrow(problem);
  });
});

test("how often to look is between twenty times a second and once an hour", () => {
  expect(["0.05", "2", "3600"].map(intervalOf)).toEqual([50, 2_000, 3_600_000]);
  for (const text of ["0", "0.01", "3601", "-1", "soon", "1e2", ""]) {
    expect(() => intervalOf(text), text).toThrow("--every");
  }
});
