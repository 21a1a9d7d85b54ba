// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../../service/audit/finding.ts";
import { judge } from "../../../service/audit/judge.ts";
import {
  A,
  type ArtifactJson,
  artifactOf,
  B,
  boundaries,
  bytesOf,
  C,
  D,
  type Recorded,
  readRecorded,
} from "./recorded-reading.ts";

let recorded: Recorded;
beforeAll(async () => {
  recorded = await readRecorded(boundaries);
});

/** What is found against the amounts of an epoch when its artifact is given with one thing in it edited. */
async function foundIn(epoch: number, edit: (artifact: ArtifactJson) => unknown): Promise<Finding[]> {
  const artifact = artifactOf(boundaries, epoch);
  edit(artifact);
  const options = { artifact: bytesOf(artifact) };
  const { report } = await judge(recorded.client, recorded.reading, epoch, options);
  expect(report.verdicts.inputs.verdict).toBe("match");
  expect(report.verdicts.root.verdict).toBe("match");
  return [...report.verdicts.amounts.findings];
}

const rowOf = (artifact: ArtifactJson, prover: string) =>
  artifact.rows.find((row) => row.prover === prover) as Record<string, unknown>;

const AMOUNTS = ["stake", "fees", "protocolFees", "budget", "carryIn", "previousTotal", "total"];
const unitOf = (field: string) => (AMOUNTS.includes(field) ? " wei" : "");

/** The value at a path, or what it is made. */
function at(artifact: object, path: string, ...made: unknown[]): unknown {
  const keys = path.split(".");
  const last = keys.pop() as string;
  const inner = keys.reduce((value, key) => value[key] as Fields, artifact as Fields);
  if (made.length > 0) inner[last] = made[0];
  return inner[last];
}

type Fields = Record<string, unknown>;

describe("a row that differs in an input names the log that explains it", () => {
  // Epoch, prover, field and what it was made; the log by event, block and number; why it explains the difference.
  it.each([
    [1, A, "stake", "4000", "ActiveAssetsChanged 26 1", "as if this log were left out"],
    [0, A, "stake", "5650", "ActiveAssetsChanged 22 0", undefined],
    [1, A, "stake", "3001", "ActiveAssetsChanged 26 1", undefined],
    [1, B, "commissionBps", 2000, "CommissionChanged 12 1", "as if this log were in force at 1700010000"],
    [1, B, "commissionBps", 9999, "CommissionChanged 21 0", undefined],
    [0, C, "commissionBps", 5000, "CommissionChanged 23 1", "as if this log were in force at 1700009999"],
    [1, A, "misses", 0, "Missed 26 0", undefined],
    [1, B, "misses", 0, "Missed 32 0", undefined],
    [1, C, "misses", 1, undefined, undefined],
    [
      1,
      A,
      "work",
      "15000000",
      "Fulfilled 34 0",
      "counted in full, although its statement had counted before",
    ],
    [1, A, "work", "0", "Fulfilled 34 0", "as if this log were left out"],
    [1, A, "work", "10000000", "Fulfilled 34 0", "as if this log counted twice"],
    [1, A, "work", "8000000", "Fulfilled 19 0", "as if this log of epoch 0 were of this one"],
    [1, B, "work", "12000000", "Fulfilled 37 0", "as if this log of epoch 2 were of this one"],
    [0, B, "work", "11000000", "Fulfilled 25 4", "as if this log of epoch 1 were of this one"],
    [1, D, "work", "4000001", "Fulfilled 33 1", undefined],
    [1, D, "work", "4000000.", "Fulfilled 33 1", undefined],
    [2, A, "work", "5", undefined, undefined],
    [1, A, "fees", "0", "Fulfilled 34 0", "as if this log were left out"],
    [0, A, "fees", "1000", "Fulfilled 19 0", "as if this log were left out"],
    [1, A, "fulfilments", 0, "Fulfilled 34 0", "as if this log were left out"],
    [1, A, "fulfilments", 2, "Fulfilled 14 0", "as if this log of epoch 0 were of this one"],
    [1, D, "fulfilments", 2, "Fulfilled 33 1", "as if this log counted twice"],
    [
      1,
      C,
      "protocolFees",
      "30",
      "Fulfilled 34 1",
      "counted in full, although its statement had counted before",
    ],
    [1, D, "protocolFees", "0", "Fulfilled 33 1", "as if this log were left out"],
    [1, D, "vault", `0x${"0".repeat(40)}`, "ProverRegistered 25 0", undefined],
  ])("epoch %i, %s, %s made %s", async (epoch, prover, field, value, log, how) => {
    const [first, second] = await foundIn(epoch, (artifact) => {
      rowOf(artifact, prover)[field] = value;
    });
    expect(first).toMatchObject({
      topic: "copy",
      prover,
      difference: { prover, field, published: value, isInput: true, rows: 1 },
    });
    const own = rowOf(artifactOf(boundaries, epoch), prover);
    const amounts = `amount ${own.amount} wei, recomputed ${own.amount} wei`;
    const differs = `the input ${field} differs: ${value}${unitOf(field)}, on the chain ${own[field]}${unitOf(field)}`;
    expect(first?.message).toBe(
      `${amounts}; ${differs}${how === undefined ? "" : `, ${how.startsWith("as") ? how : `as if this log ${how}`}`}`,
    );
    expect(named(first)).toBe(log);
    expect(second?.message).toMatch(
      /^the artifact given hashes to 0x[0-9a-f]{64}, the post names 0x[0-9a-f]{64}/,
    );
    expect(second?.topic).toBe("copy");
  });
});

describe("a row that differs in a result names what decides on it", () => {
  it.each([
    [1, A, "amount", "61", "SegmentAdded 10 0", /its inputs agree$/],
    [2, B, "amount", "1", "SegmentAdded 21 2", /its inputs agree$/],
    [1, A, "limitedBy", "none", "SegmentAdded 10 0", /limitedBy differs: none, recomputed stake$/],
    [1, A, "commission", "7", "SegmentAdded 10 0", /commission differs: 7 wei, recomputed 6 wei$/],
    [1, A, "cumulative", "150", "RootPosted 30 0", /cumulative differs: 150 wei, recomputed 149 wei$/],
    [
      1,
      B,
      "cumulativeCommission",
      "0",
      "RootPosted 30 0",
      /cumulativeCommission differs: 0 wei, recomputed 12 wei$/,
    ],
    [0, A, "cumulative", "90", undefined, /cumulative differs: 90 wei, recomputed 89 wei$/],
  ])("epoch %i, %s, %s made %s", async (epoch, prover, field, value, log, message) => {
    const [first] = await foundIn(epoch, (artifact) => {
      rowOf(artifact, prover)[field] = value;
    });
    expect(first).toMatchObject({ prover, difference: { field, isInput: false, rows: 1 } });
    expect(first?.message).toMatch(message);
    expect(named(first)).toBe(log);
  });

  it("the first of several, in ascending order, with their number, and says nothing of sums that follow", async () => {
    const findings = await foundIn(1, (artifact) => {
      for (const row of artifact.rows) row.amount = "9";
      artifact.rows.reverse();
      Object.assign(artifact, {
        added: "1",
        carryOut: "1",
        dropped: "1",
        total: "1",
        root: artifact.previousRoot,
      });
    });
    expect(findings[0]).toMatchObject({
      prover: A,
      difference: { rows: 4, amount: { published: "9", recomputed: "60" } },
    });
    expect(findings).toHaveLength(2);
  });
});

describe("a row that is not there", () => {
  it("is missing from the artifact: its registration says so", async () => {
    const [first] = await foundIn(1, (artifact) => artifact.rows.pop());
    expect(first).toMatchObject({
      prover: D,
      difference: { field: "row", published: "no row", isInput: true },
    });
    expect(first?.message).toContain(
      "amount 0 wei, recomputed 36 wei; the input row differs: no row, on the chain 0x",
    );
    expect(named(first)).toBe("ProverRegistered 25 0");
  });

  it("is of nobody that the registry knows: no log says so", async () => {
    const stranger = `0x${"e".repeat(40)}`;
    const [first] = await foundIn(1, (artifact) =>
      artifact.rows.push({ ...artifact.rows[0], prover: stranger }),
    );
    expect(first).toMatchObject({ prover: stranger, difference: { field: "row", recomputed: "no row" } });
    expect(first?.message).toContain("amount 60 wei, recomputed 0 wei");
    expect(named(first)).toBeUndefined();
  });
});

describe("a field of the epoch that differs names the log behind it", () => {
  it.each([
    [1, "budget", "1001", "SegmentAdded 10 0"],
    [2, "budget", "500", "SegmentAdded 21 2"],
    [1, "policyHash", `0x${"0".repeat(64)}`, "SegmentAdded 10 0"],
    [1, "policy.guards.minStake", "1", "SegmentAdded 10 0"],
    [1, "carryIn", "858", "RootPosted 30 0"],
    [1, "claimedAt", "5", "RootPosted 30 0"],
    [1, "previousRoot", `0x${"0".repeat(64)}`, "RootPosted 30 0"],
    [1, "previousTotal", "144", "RootPosted 30 0"],
    [0, "previousTotal", "1", undefined],
    [1, "fulfilments.count", 5, "Fulfilled 34 1"],
    [3, "fulfilments.count", 1, undefined],
    [1, "snapshot.number", "33", "RootPosted 35 0"],
    [1, "window.end", "1700020001", "RootPosted 35 0"],
    [1, "misses.0.prover", D, "RootPosted 35 0"],
    [1, "total", "285", "RootPosted 35 0"],
    [1, "note", "new", "RootPosted 35 0"],
  ])("epoch %i, %s made %s", async (epoch, path, value, log) => {
    const own = at(artifactOf(boundaries, epoch), path);
    const findings = await foundIn(epoch, (artifact) => at(artifact, path, value));
    expect(findings.map(({ topic }) => topic)).toEqual(["copy", "copy"]);
    const recomputed = own === undefined ? "absent" : String(own);
    const unit = unitOf(path);
    expect(findings[1]?.message).toBe(`${path} is ${value}${unit}, recomputed ${recomputed}${unit}`);
    expect(named(findings[1])).toBe(log);
  });

  it("a field that is absent is said to be", async () => {
    const [, second] = await foundIn(1, (artifact) => {
      artifact.fulfilments = { accumulator: (artifact.fulfilments as Fields).accumulator };
    });
    expect(second?.message).toBe("fulfilments.count is absent, recomputed 4");
  });
});

it("an artifact that is the posted one, and right, adds nothing", async () => {
  expect(await foundIn(1, () => undefined)).toEqual([]);
});

describe("what is no artifact of the epoch is refused", () => {
  const given = (epoch: number, artifact: unknown) =>
    judge(recorded.client, recorded.reading, epoch, { artifact: bytesOf(artifact as never) });

  it.each([
    ["a list", []],
    ["another schema", { ...artifactOf(boundaries, 1), schema: "provender.artifact/2" }],
    ["rows that are no list", { ...artifactOf(boundaries, 1), rows: {} }],
  ])("%s", async (_, artifact) => {
    await expect(given(1, artifact)).rejects.toMatchObject({
      name: "AuditError",
      code: "invalid-file",
      message: expect.stringContaining("the artifact is not one: canonical JSON of schema"),
      hint: "give the artifact as it was published, unchanged",
    });
  });

  it.each([
    ["of another epoch", { epoch: 2 }, "the artifact is of epoch 2 of distributor"],
    ["of another chain", { chainId: "1" }, "on chain 1, not of epoch 1"],
    ["of another distributor", { distributor: A }, `of distributor ${A} on chain 31337, not`],
    ["of none", { distributor: null }, "of distributor null on chain"],
  ])("%s", async (_, change, message) => {
    await expect(given(1, { ...artifactOf(boundaries, 1), ...change })).rejects.toThrow(message);
  });

  it.each([
    ["a row twice", (rows: object[]) => [...rows, rows[0]]],
    ["a row without a prover", ([first, ...rows]: object[]) => [{ ...first, prover: 1 }, ...rows]],
    ["a row that is none", (rows: object[]) => [...rows, "row"]],
  ])("%s", async (_, change) => {
    const artifact = artifactOf(boundaries, 1);
    await expect(given(1, { ...artifact, rows: change(artifact.rows) })).rejects.toThrow(
      "a row of the artifact is malformed or repeated",
    );
  });
});

function named(finding: Finding | undefined): string | undefined {
  const log = finding?.log;
  return log && `${log.event} ${log.block} ${log.logIndex}`;
}
