// SPDX-License-Identifier: AGPL-3.0-only
import { type Hex, numberToHex, pad } from "viem";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../../service/audit/finding.ts";
import { judge } from "../../../service/audit/judge.ts";
import { type Overrides, type RecordedChain, recordedClient } from "../helpers/recorded-chain.ts";
import { A, B, boundaries, C, D, readRecorded } from "./recorded-reading.ts";

type Log = RecordedChain["logs"][number];

const logAt = (block: number, index: number) =>
  boundaries.logs.find(({ blockNumber, logIndex }) => blockNumber === block && logIndex === index) as Log;
const without = (...logs: Log[]) => boundaries.logs.filter((log) => !logs.includes(log));
const replaced = (log: Log, ...by: Log[]) =>
  boundaries.logs.flatMap((other) => (other === log ? by : [other]));

/** With another word of its data. */
function withWord(log: Log, n: number, value: bigint | Hex): Log {
  const at = 2 + 64 * n;
  const word = pad(typeof value === "bigint" ? numberToHex(value) : value).slice(2);
  return { ...log, data: `${log.data.slice(0, at)}${word}${log.data.slice(at + 64)}` as Hex };
}

const withTopic = (log: Log, n: number, value: Hex): Log => ({
  ...log,
  topics: log.topics.with(n, pad(value)),
});

/** What is found against the inputs: topic, prover, message, and the log that is named. */
async function found(logs: readonly Log[], overrides: Overrides = {}): Promise<string[]> {
  const chain = { ...boundaries, logs: [...logs] };
  const { client, reading } = await readRecorded(chain, recordedClient(chain, overrides));
  const { report } = await judge(client, reading, 3);
  expect(report.verdict).toBe("mismatch");
  const { inputs, amounts, root } = report.verdicts;
  expect([amounts.verdict, root.verdict]).toEqual(["unjudged", "unjudged"]);
  expect([amounts, root]).toMatchObject([{ reason: "its logs are not the chain's" }, { findings: [] }]);
  return inputs.findings.map(shown);
}

function shown({ topic, prover, message, log }: Finding): string {
  const short = message.replaceAll(/0x[0-9a-f]{64}/g, (hash) => hash.slice(0, 6));
  const whose =
    prover === undefined ? "nobody" : ({ [A]: "A", [B]: "B", [C]: "C", [D]: "D" }[prover] ?? prover);
  return [
    topic,
    whose,
    short,
    log === undefined ? "no log" : `${log.event} ${log.block} ${log.logIndex}`,
  ].join(" | ");
}

describe("a registration", () => {
  it("that is left out is missed by the registry's own list", async () => {
    const [registration, commission, assets] = [logAt(25, 0), logAt(25, 1), logAt(25, 2)];
    const [first] = await found(without(registration, commission, assets));
    expect(first).toBe("registrations | D | its registration is missing from the logs | no log");
  });

  it("that never was is told from the others", async () => {
    const stranger = `0x${"e".repeat(40)}` as const;
    const added = { ...withTopic(logAt(25, 0), 1, stranger), logIndex: 9 };
    const findings = await found(replaced(logAt(25, 0), logAt(25, 0), added));
    expect(findings[0]).toBe(
      `registrations | ${stranger} | is in the logs, but was never registered | ProverRegistered 25 9`,
    );
  });

  it.each([
    ["vault", withTopic(logAt(25, 0), 2, `0x${"e".repeat(40)}`)],
    ["time", withWord(logAt(25, 0), 2, 1_700_010_001n)],
  ])("with another %s is altered", async (_, altered) => {
    const findings = await found(replaced(logAt(25, 0), altered));
    expect(findings[0]).toBe(
      "registrations | D | its registration is altered in the logs | ProverRegistered 25 0",
    );
  });
});

describe("numbered logs", () => {
  it("of which one in the middle is left out name what follows it", async () => {
    expect(await found(without(logAt(17, 0)))).toEqual([
      "fulfilments | nobody | epoch 0: fulfilment 2 of 4 is missing from the logs | Fulfilled 18 0",
    ]);
    expect(await found(without(logAt(20, 0)))).toEqual([
      "commissions | A | commission change 3 of 3 is missing from the logs | CommissionChanged 16 0",
    ]);
  });

  it("of which the last is left out name the one before, if there is one", async () => {
    expect(await found(without(logAt(19, 0)))).toEqual([
      "fulfilments | nobody | epoch 0: fulfilment 4 of 4 is missing from the logs | Fulfilled 18 0",
    ]);
    expect(await found(without(logAt(26, 0)))).toEqual([
      "misses | nobody | deadlines of epoch 1: miss 1 of 1 is missing from the logs | no log",
    ]);
  });

  it("that are given twice, or too many, name the first that is too much", async () => {
    const log = logAt(14, 0);
    expect(await found(replaced(log, log, { ...log, logIndex: 9 }))).toEqual([
      "fulfilments | A | epoch 0: fulfilment 1 is twice or out of order in the logs | Fulfilled 14 9",
    ]);
    const fifth = { ...withWord(logAt(19, 0), 0, 5n), logIndex: 9 };
    expect(await found(replaced(logAt(19, 0), logAt(19, 0), fifth))).toEqual([
      "fulfilments | A | epoch 0: fulfilment 5 is in the logs, but not the chain's | Fulfilled 19 9",
    ]);
  });

  it("of which one is altered fold to another hash", async () => {
    const [finding] = await found(replaced(logAt(14, 0), withWord(logAt(14, 0), 3, 1_001n)));
    expect(finding).toMatch(
      /^fulfilments \| nobody \| epoch 0: fulfilment is altered in the logs, one of 4 \(they fold to 0x\w{4}, the chain holds 0xd253\) \| no log$/,
    );
    const [rate] = await found(replaced(logAt(16, 0), withWord(logAt(16, 0), 0, 1n)));
    expect(rate).toBe(
      "commissions | A | commission change 2 is altered in the logs | CommissionChanged 16 0",
    );
  });
});

describe("a change of a vault's assets", () => {
  it("that is left out breaks the hash of the one after it", async () => {
    expect(await found(without(logAt(15, 0)))).toEqual([
      "vaults | A | a change of its vault's active assets is missing from the logs or altered, after block 11 and up to block 15 | ActiveAssetsChanged 15 1",
    ]);
    expect(await found(without(logAt(11, 2)))).toEqual([
      "vaults | A | a change of its vault's active assets is missing from the logs or altered, after registration and up to block 15 | ActiveAssetsChanged 15 0",
    ]);
  });

  it("that is the last one is missed by the vault", async () => {
    expect(await found(without(logAt(32, 1)))).toEqual([
      "vaults | B | the last change of its vault's active assets is missing from the logs or altered, after block 12: the vault holds 6000 wei | ActiveAssetsChanged 12 2",
    ]);
    expect(await found(without(logAt(25, 2)))).toEqual([
      "vaults | D | the last change of its vault's active assets is missing from the logs or altered, after registration: the vault holds 2000 wei | no log",
    ]);
  });

  it.each([
    ["assets", 0, 5_999n],
    ["time", 1, 1_700_011_999n],
    ["rolling hash", 2, 1n],
  ])("with other %s is not the vault's", async (_, word, value) => {
    const [finding] = await found(replaced(logAt(32, 1), withWord(logAt(32, 1), word, value)));
    expect(finding).toMatch(/^vaults \| B \| (a|the last) change of its vault's active assets is missing/);
  });

  it("with assets that the vault holds, and another hash, is not the vault's", async () => {
    const findings = await found(boundaries.logs, { stakeState: () => [3_000n, 7n] });
    expect(findings).toHaveLength(4);
    expect(findings[0]).toContain("the vault holds 3000 wei");
  });

  it("cannot change places with another, of one second either", async () => {
    const [finding] = await found(
      replaced(logAt(15, 0), { ...logAt(15, 0), data: logAt(15, 1).data }).map((log) =>
        log === logAt(15, 1) ? { ...log, data: logAt(15, 0).data } : log,
      ),
    );
    expect(finding).toContain("missing from the logs or altered, after block 11 and up to block 15");
  });
});

describe("claims", () => {
  it("that are left out are missed by the registry", async () => {
    expect(await found(without(logAt(36, 0)))).toEqual([
      "claims | A | a claim of it is missing from the logs or altered: they give 0 wei with a commission of 0 wei, the registry 149 wei with 14 wei | no log",
    ]);
  });

  it.each([
    ["cumulative amount", 0, 150n, "or one before it is missing"],
    ["amount", 1, 148n, "or one before it is missing"],
    ["commission", 2, 13n, "they give 149 wei with a commission of 13 wei"],
    ["commission, more than the amount,", 2, 150n, "or one before it is missing"],
  ])("with another %s are altered", async (_, word, value, message) => {
    const [finding, ...others] = await found(replaced(logAt(36, 0), withWord(logAt(36, 0), word, value)));
    expect(finding).toContain(message);
    expect(finding).toMatch(/Claimed 36 0$/);
    expect(others).toEqual([]);
  });
});

describe("segments", () => {
  it("that are left out, altered or made up are told", async () => {
    expect(await found(without(logAt(21, 2)))).toEqual([
      "segments | nobody | budget segment 2 is missing from the logs | no log",
    ]);
    expect(await found(replaced(logAt(21, 2), withWord(logAt(21, 2), 0, 1n)))).toEqual([
      "segments | nobody | budget segment 2 is altered in the logs | SegmentAdded 21 2",
    ]);
    expect(await found(replaced(logAt(21, 2), withTopic(logAt(21, 2), 1, "0x03")))).toEqual([
      "segments | nobody | budget segment 2 is altered in the logs | SegmentAdded 21 2",
    ]);
    expect(await found(replaced(logAt(21, 2), withTopic(logAt(21, 2), 2, "0x03")))).toEqual([
      "segments | nobody | budget segment 2 is altered in the logs | SegmentAdded 21 2",
    ]);
    expect(await found(replaced(logAt(21, 2), withWord(logAt(21, 2), 3, 1n)))).toEqual([
      "policy | nobody | the policy bytes of segment 2 do not hash to its policyHash | SegmentAdded 21 2",
    ]);
    expect(await found(replaced(logAt(21, 2), logAt(21, 2), { ...logAt(21, 2), logIndex: 9 }))).toEqual([
      "segments | nobody | the logs hold a budget segment that the distributor does not | no log",
    ]);
  });
});

describe("posts", () => {
  it("that are left out or out of order are counted", async () => {
    expect(await found(without(logAt(28, 0)))).toEqual([
      "posts | nobody | the distributor counts 5 posted roots, the logs hold 4, not in order | no log",
    ]);
    expect(await found(boundaries.logs, { postCount: () => 6n })).toEqual([
      "posts | nobody | the distributor counts 6 posted roots, the logs hold 5 | no log",
    ]);
  });

  it.each([
    ["epoch", withTopic(logAt(39, 0), 1, "0x04")],
    ["root", withTopic(logAt(39, 0), 3, "0x04")],
    ["total", withWord(logAt(39, 0), 0, 4n)],
  ])("of which the latest has another %s are altered", async (_, altered) => {
    const finding =
      "posts | nobody | post 5 is altered in the logs, or one before it is missing | RootPosted 39 0";
    const chain = { ...boundaries, logs: replaced(logAt(39, 0), altered) };
    const { client, reading } = await readRecorded(chain);
    const { report } = await judge(client, reading, 2);
    expect(report.verdicts.inputs.findings.map(shown)).toEqual([finding]);
  });
});
