// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import { judge } from "../../../service/audit/judge.ts";
import type { AuditReport } from "../../../service/audit/report.ts";
import { withArgument } from "../helpers/fold-chain.ts";
import { type Overrides, type RecordedChain, recordedClient } from "../helpers/recorded-chain.ts";
import { boundaries, readRecorded, withheld } from "./recorded-reading.ts";

async function reportOn(chain: RecordedChain, epoch: number, overrides?: Overrides): Promise<AuditReport> {
  const { client, reading } = await readRecorded(chain, recordedClient(chain, overrides));
  return (await judge(client, reading, epoch)).report;
}

const lastBlock = { number: 37, hash: "0x2e62b62749da445b1589b6f5eed3ec2cf6e0a2250f148c83d123483f5ea40b9e" };

describe("a post that is wrong is told in which way, beside what it should have been", () => {
  it("by its total, its artifact and its root", async () => {
    const { post, recomputed, verdicts } = await reportOn(withheld, 0);
    const log = {
      event: "RootPosted",
      block: "23",
      logIndex: 0,
      transaction: `0x${"59d8".padStart(64, "0")}`,
    };
    expect(verdicts).toEqual({
      inputs: { verdict: "match", findings: [] },
      amounts: {
        verdict: "mismatch",
        findings: [
          {
            ...{ topic: "total", log },
            message:
              "the post's cumulativeTotal is 900 wei, recomputed 1000 wei, of which 1000 wei in this epoch",
          },
          {
            ...{ topic: "artifact", log },
            message: `the posted dataset hash is ${post?.datasetHash}, the recomputed artifact hashes to ${recomputed?.datasetHash}`,
          },
        ],
      },
      root: {
        verdict: "mismatch",
        findings: [{ topic: "root", message: `posted ${post?.root}, recomputed ${recomputed?.root}`, log }],
      },
    });
    expect([post?.root, recomputed?.cumulativeTotal, recomputed?.added]).toEqual([
      `0x${"5e".repeat(32)}`,
      "1000",
      "1000",
    ]);
  });

  it.each([
    ["the number", { snapshotBlock: "36" }, `36 ${lastBlock.hash}`],
    ["the hash", { snapshotHash: `0x${"ab".repeat(32)}` }, `37 0x${"ab".repeat(32)}`],
  ])("by %s of its snapshot", async (_, change, named) => {
    const post = boundaries.logs.findIndex(({ blockNumber }) => blockNumber === 39);
    const { recomputed, verdicts } = await reportOn(withArgument(boundaries, post, change), 3);
    expect(verdicts.inputs.findings).toEqual([
      {
        topic: "snapshot",
        message: `the post names block ${named} as its snapshot; the epoch's last block is 37 ${lastBlock.hash}`,
        log: { event: "RootPosted", block: "39", logIndex: 0, transaction: `0x${"9858".padStart(64, "0")}` },
      },
    ]);
    expect(recomputed?.snapshot).toEqual({ number: "37", hash: lastBlock.hash });
    expect(verdicts.root.verdict).toBe("match");
  });
});

it("an epoch behind another root than the recomputed one says how to go on", async () => {
  const { recomputed, verdicts } = await reportOn(withheld, 1);
  const right = (await reportOn(withheld, 0)).recomputed?.root;
  expect(recomputed).toBeUndefined();
  expect(verdicts).toEqual({
    inputs: { verdict: "match", findings: [] },
    amounts: {
      verdict: "mismatch",
      findings: [
        {
          topic: "earlier-epoch",
          message: `epoch 0: its root stands as 0x${"5e".repeat(32)} with total 900 wei, recomputed ${right} with 1000 wei`,
        },
      ],
    },
    root: {
      verdict: "unjudged",
      reason:
        "epoch 0 stands with another root: give --from-artifact with the artifact of epoch 0 to judge epoch 1 from there",
      findings: [],
    },
  });
});

it("a carry that the posts do not give is found where the distributor still shows it", async () => {
  const overrides = { carry: () => 7n };
  const last = await reportOn(boundaries, 3, overrides);
  expect(last.verdicts.inputs.findings).toEqual([
    { topic: "carry", message: "the distributor carries 7 wei, its posts and budgets give 0 wei" },
  ]);
  expect((await reportOn(boundaries, 2, overrides)).verdict).toBe("match");
});

it.each(["Missed", "Fulfilled"])("a log of %s that names an epoch to come is nobody's", async (event) => {
  const log = boundaries.logs.find((one) => one.event === event) as (typeof boundaries.logs)[number];
  const [signature, , prover] = log.topics as [`0x${string}`, `0x${string}`, `0x${string}`];
  const topics = [signature, `0x${"77".repeat(32)}` as const, prover, `0x${"9".padStart(64, "0")}` as const];
  const { verdict, verdicts } = await reportOn(
    { ...boundaries, logs: [...boundaries.logs, { ...log, topics, logIndex: 99 }] },
    1,
  );
  expect([verdict, verdicts.inputs.findings.map(({ topic, message }) => [topic, message])]).toEqual([
    "mismatch",
    expect.arrayContaining([
      [
        event === "Missed" ? "misses" : "fulfilments",
        "epoch 9 has not begun, and the logs hold something of it",
      ],
    ]),
  ]);
});

describe("an endpoint that says one thing and then another", () => {
  it.each(["work", "misses"] as const)(
    "is not believed, where the logs of %s come to something else first",
    async (what) => {
      const { client, reading } = await readRecorded(boundaries);
      const [rolled] = reading.facts[what].values();
      Object.assign(rolled as object, { hash: `0x${"cd".repeat(32)}` });
      const { report } = await judge(client, reading, 3);
      expect(report.verdicts.inputs.findings.map(({ topic, message }) => [topic, message])).toContainEqual([
        what === "work" ? "fulfilments" : "misses",
        expect.stringMatching(/were not the same when they were read again/),
      ]);
    },
  );

  it("is not believed, where a segment comes after work that it is for", async () => {
    const { client, reading } = await readRecorded(boundaries);
    reading.facts.late.push(...reading.facts.segments.slice(-1));
    const { verdicts } = (await judge(client, reading, 3)).report;
    expect(verdicts.inputs.findings).toMatchObject([
      { topic: "segments", message: expect.stringMatching(/comes after work of that epoch/) },
    ]);
  });
});
