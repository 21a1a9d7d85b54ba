// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import { leavesIn } from "../../../service/audit/compare.ts";
import { AuditError } from "../../../service/audit/errors.ts";
import { canonicalText, type JsonObject, type JsonValue } from "../../../service/audit/json.ts";
import { readReports } from "../../../service/audit/report-file.ts";

function errorOf(action: () => unknown): AuditError {
  try {
    action();
  } catch (error) {
    if (error instanceof AuditError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const ADDRESS = `0x${"ab".repeat(20)}`;
const NO_ADDRESSES: readonly [string, JsonValue][] = [
  ["no text", 7],
  ["too long", `${ADDRESS}00`],
  ["with something before it", `1${ADDRESS}`],
  ["in upper case", ADDRESS.toUpperCase()],
  ["null", null],
];

describe("the rows of an artifact that somebody else made", () => {
  const row: JsonObject = { prover: ADDRESS, cumulative: "5", cumulativeCommission: "0" };
  const leaves = (...rows: JsonValue[]) => leavesIn({ rows });

  it("give a leaf each, unless nothing was earned", () => {
    expect(leaves(row, { ...row, cumulative: "0" })).toEqual([
      { prover: ADDRESS, cumulative: 5n, cumulativeCommission: 0n },
    ]);
  });

  it.each<[string, JsonValue]>([
    ["no object", "row"],
    ["without an address", { cumulative: "5", cumulativeCommission: "0" }],
    ["without an amount", { prover: ADDRESS, cumulativeCommission: "0" }],
    ["without a commission", { prover: ADDRESS, cumulative: "5" }],
    ["with a number for an amount", { ...row, cumulative: 5 }],
    ["with a zero before its amount", { ...row, cumulative: "05" }],
    ["with a unit behind its amount", { ...row, cumulative: "5 wei" }],
    ["with a sign before its commission", { ...row, cumulativeCommission: "-1" }],
    ...NO_ADDRESSES.map(([name, prover]): [string, JsonValue] => [
      `whose prover is ${name}`,
      { ...row, prover },
    ]),
  ])("are malformed: one %s", (_, bad) => {
    expect(errorOf(() => leaves(row, bad)).message).toMatch(
      /^a row of the artifact is malformed or repeated: /,
    );
  });

  it("are shown by their first characters", () => {
    expect(errorOf(() => leaves({ ...row, prover: "x".repeat(500) })).message.length).toBeLessThan(150);
  });
});

describe("a report file", () => {
  const entry = (epoch: JsonValue): JsonObject => ({ epoch, verdicts: {}, artifact: null });
  const report: JsonObject = {
    ...{ schema: "provender.audit-report/1", chainId: "1", distributor: ADDRESS },
    epochs: [entry(3), entry(4)],
  };
  const read = (json: JsonValue) => readReports(new TextEncoder().encode(canonicalText(json)));

  it("is read as it was written", () => {
    const { chainId, distributor, epochs } = read(report);
    expect([chainId, distributor, epochs.map(({ epoch }) => epoch)]).toEqual([1n, ADDRESS, [3, 4]]);
  });

  it.each<[string, JsonValue]>([
    ["a list", [report]],
    ["of another schema", { ...report, schema: "provender.audit-report/2" }],
    ["without epochs", { ...report, epochs: [] }],
    ["whose epochs are no list", { ...report, epochs: {} }],
    ["with a number for a chain", { ...report, chainId: 1 }],
    ["with a chain that is no number", { ...report, chainId: "1x" }],
    ["with a gap", { ...report, epochs: [entry(3), entry(5)] }],
    ["out of order", { ...report, epochs: [entry(4), entry(3)] }],
    ["with an epoch before the first", { ...report, epochs: [entry(-1), entry(0)] }],
    ["with a text for an epoch", { ...report, epochs: [entry("3")] }],
    ["with an entry that is no object", { ...report, epochs: [3] }],
    ["with an entry without verdicts", { ...report, epochs: [{ epoch: 3 }] }],
    ["with a text for an artifact", { ...report, epochs: [{ ...entry(3), artifact: "a" }] }],
    ...NO_ADDRESSES.map(([name, distributor]): [string, JsonValue] => [
      `whose distributor is ${name}`,
      { ...report, distributor },
    ]),
  ])("is none: %s", (_, json) => {
    const refusal = errorOf(() => read(json));
    expect(refusal.message).toMatch(
      /^the report is not one: canonical JSON of schema provender\.audit-report\/1/,
    );
    expect(refusal.hint).toBe("give the file as `provender audit --report` wrote it");
  });
});
