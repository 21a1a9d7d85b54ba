// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, test } from "vitest";
import { initKeccak, keccak256 } from "../../../service/core/keccak.ts";
import { domainOf, leafHash } from "../../../service/core/leaf.ts";
import { packLogs } from "../../../service/core/pack-logs.ts";
import { packLeaves } from "../../../service/core/packed-leaves.ts";
import { LISTED, MAX_DATA, unpackLogs, VERSION } from "../../../service/core/packed-logs.ts";
import { parsePolicy } from "../../../service/core/policy.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import { buildRewardTree, claimOf } from "../../../service/core/reward-tree.ts";
import { summaryFromJson, summaryOf, summaryToJson } from "../../../service/core/summary.ts";
import { buildTreeOf, proofAt, verifyProof } from "../../../service/core/tree.ts";
import { decodeTreeHead, encodeTreeFile } from "../../../service/core/tree-file.ts";
import type { Address, Hex, LeafEntry } from "../../../service/core/types.ts";
import { sampleArtifact } from "../helpers/artifact.ts";
import { refusalOf } from "../helpers/refusal.ts";

beforeAll(initKeccak);

const DOMAIN: Hex = `0x${"d0".repeat(32)}`;
const PROVER: Address = `0x${"aa".repeat(20)}`;

/** Every word of it counts: programs read the code and the field, people the rest. */
const refusal = (code: string, field: string, message: string, hint: string) => ({
  code,
  field,
  message,
  hint,
});

describe("packed logs are refused by what is wrong with them", () => {
  const address = Array(20).fill(0xaa);
  const signature = Array(32).fill(0xbb);
  /** One log of the first block, up to its address. */
  const log = [VERSION, 1, 0, 0, 0, ...address];
  const sealed = (content: number[]) =>
    Uint8Array.from([...content, ...keccak256(Uint8Array.from(content)).subarray(0, 8)]);
  const numberOf = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...numberOf(Math.floor(value / 128))];

  test.each<[string, () => Uint8Array]>([
    ["there are none", () => new Uint8Array(0)],
    [`their version is 9, not ${VERSION}`, () => sealed([9, 0])],
    ["they are cut off", () => Uint8Array.from([VERSION])],
    // What is cut off here is sealed, and so was written like that.
    ["they are cut off", () => sealed([VERSION])],
    ["they are cut off", () => sealed([VERSION, 1, 0])],
    ["they are not what was written", () => sealed([VERSION, 0]).with(2, 0).with(3, 1)],
    ["there is more than the logs", () => sealed([VERSION, 0, 0])],
    ["a log has more than four topics", () => sealed([...log, 5])],
    ["a log is longer than any", () => sealed([...log, 0, ...numberOf(MAX_DATA + 1)])],
    ["a number is above 2^53", () => sealed([VERSION, ...numberOf(2 ** 53)])],
    ["a word is cut off", () => sealed([...log, 2, 0, ...signature, LISTED + 1, ...Array(40).fill(1)])],
    ["a word is cut off", () => sealed([...log, 2, 0, ...signature, 32, ...Array(31).fill(1)])],
    ["a word is cut off", () => sealed([...log, 0, 2, 3, 1, 1, 1])],
    ["an address or topic is missing", () => sealed([VERSION, 1, 0, 0, 1, ...address])],
    ["an address or topic is missing", () => sealed([VERSION, 1, 0, 0, 0, ...address.slice(1)])],
    ["an address or topic is missing", () => sealed([...log, 1, 2, ...signature])],
  ])("%s", (message, packed) => {
    expect(refusalOf(() => Array.from(unpackLogs(packed())))).toEqual(
      refusal("invalid", "packed logs", message, "read them from the chain again"),
    );
  });

  test("packed logs at every limit are read", () => {
    const [first] = unpackLogs(sealed([...log, 4, 0, ...signature, 0, 0, LISTED, 0, 0]));
    expect(first?.topics).toEqual([
      `0x${"bb".repeat(32)}`,
      `0x${"0".repeat(64)}`,
      `0x${"0".repeat(64)}`,
      `0x${"0".repeat(24)}${"aa".repeat(20)}`,
    ]);
    const [highest] = unpackLogs(sealed([VERSION, 1, ...numberOf(2 ** 53 - 1), 0, 0, ...address, 0, 0]));
    expect(highest).toEqual({
      address: PROVER,
      topics: [],
      data: "0x",
      blockNumber: 2 ** 53 - 1,
      logIndex: 0,
    });
    const words = Array.from({ length: MAX_DATA / 32 }, () => 0);
    const [longest] = unpackLogs(sealed([...log, 0, ...numberOf(MAX_DATA), ...words]));
    expect(longest?.data).toBe(`0x${"00".repeat(MAX_DATA)}`);
  });
});

describe("logs are refused by what is wrong with them", () => {
  const LOG: RawLog = {
    ...{ address: PROVER, topics: [DOMAIN], data: "0x00ff" as Hex },
    ...{ blockNumber: 5, logIndex: 1 },
  };
  test.each<[Partial<RawLog>[], ReturnType<typeof refusal>]>([
    [
      [{}, { logIndex: 0 }],
      refusal(
        "mismatch",
        "logs[1]",
        "log 0 of block 5 comes after log 1 of block 5",
        "give each log once, by block number and then by log index",
      ),
    ],
    [
      [{ topics: Array(5).fill(DOMAIN) }],
      refusal("out-of-range", "logs[0].topics", "there are 5", "a log has at most four"),
    ],
    [
      [{ data: `0x${"00".repeat(MAX_DATA + 1)}` }],
      refusal(
        "out-of-range",
        "logs[0].data",
        `it has more than ${MAX_DATA} bytes`,
        "no contract of ours logs as much",
      ),
    ],
    [[{ address: "0xaa" }], refusal("invalid", "logs[0].address", "not 20 bytes", "give 0x and 40 digits")],
    [[{ topics: ["0x"] }], refusal("invalid", "logs[0].topics[0]", "not 32 bytes", "give 0x and 64 digits")],
    [
      [{ data: "0xabc" }],
      refusal("invalid", "logs[0].data", "not whole bytes", "give 0x and two digits a byte"),
    ],
    [
      [{ data: 5 as never }],
      refusal("invalid", "logs[0].data", "not whole bytes", "give 0x and two digits a byte"),
    ],
    ...(
      [
        [{ address: `0x${"g".repeat(40)}` }, "address"],
        [{ topics: [`0x${"G".repeat(64)}`] }, "topics[0]"],
        [{ topics: [DOMAIN, `0x${"0".repeat(24)}${"zz".repeat(20)}`] }, "topics[1]"],
        [{ topics: [DOMAIN, `0x${"AB".repeat(32)}`] }, "topics[1]"],
        [{ data: "0xAA" }, "data"],
      ] as [Partial<RawLog>, string][]
    ).map(([change, field]): [Partial<RawLog>[], ReturnType<typeof refusal>] => [
      [change],
      refusal(
        "invalid",
        `logs[0].${field}`,
        "not hexadecimal digits in lower case",
        "write addresses, topics and data in lower case",
      ),
    ]),
  ])("%#", (changes, expected) => {
    expect(refusalOf(() => packLogs(changes.map((change) => ({ ...LOG, ...change }))))).toEqual(expected);
  });

  test("the longest data is taken", () => {
    const data = `0x${"00".repeat(MAX_DATA)}` as const;
    expect([...unpackLogs(packLogs([{ ...LOG, data }]))]).toEqual([{ ...LOG, data }]);
  });
});

describe("leaves are refused by what is wrong with them", () => {
  const HINT_BIGINT = "amounts and times are bigint, never number";
  test.each<[Partial<Record<keyof LeafEntry, unknown>>, ReturnType<typeof refusal>]>([
    [
      { prover: "aa" },
      refusal("invalid", "leaves[0].prover", 'not an address: "aa"', "give 0x and 40 hexadecimal digits"),
    ],
    [
      { prover: `1x${"aa".repeat(20)}` },
      refusal(
        "invalid",
        "leaves[0].prover",
        `not an address: "1x${"aa".repeat(20)}"`,
        "give 0x and 40 hexadecimal digits",
      ),
    ],
    [{ cumulative: 5 }, refusal("invalid", "leaves[0].cumulative", "not a bigint: 5", HINT_BIGINT)],
    [
      { cumulativeCommission: 1 },
      refusal("invalid", "leaves[0].cumulativeCommission", "not a bigint: 1", HINT_BIGINT),
    ],
    [
      { cumulative: 0n, cumulativeCommission: 0n },
      refusal(
        "out-of-range",
        "leaves[0].cumulative",
        "is 0",
        "only provers who earned something have a leaf",
      ),
    ],
    [
      { cumulativeCommission: 8n },
      refusal(
        "out-of-range",
        "leaves[0].cumulativeCommission",
        "8 is above the cumulative 7",
        "the commission is a part of the cumulative amount",
      ),
    ],
  ])("%#", (change, expected) => {
    const entry = { prover: PROVER, cumulative: 7n, cumulativeCommission: 2n, ...change } as LeafEntry;
    expect(refusalOf(() => leafHash(DOMAIN, entry))).toEqual(expected);
  });

  test.each<[Partial<LeafEntry>, string]>([
    [{ cumulativeCommission: -1n }, "leaves[1].cumulativeCommission"],
    [{ cumulative: -1n }, "leaves[1].cumulative"],
    [{ cumulative: 2n ** 256n }, "leaves[1].cumulative"],
  ])("an amount of no word is named with its place, %#", (change, field) => {
    const good = { prover: PROVER, cumulative: 7n, cumulativeCommission: 2n };
    const bad = { ...good, prover: `0x${"ab".repeat(20)}` as const, ...change };
    expect(refusalOf(() => buildRewardTree(DOMAIN, [good, bad]))).toMatchObject({
      code: "out-of-range",
      field,
    });
  });

  test("two of one prover, whatever their case", () => {
    const entry = { prover: PROVER, cumulative: 7n, cumulativeCommission: 2n };
    const again = { ...entry, prover: `0x${"AA".repeat(20)}` as const, cumulative: 8n };
    expect(refusalOf(() => buildRewardTree(DOMAIN, [entry, again]))).toEqual(
      refusal("duplicate", "leaves", `${PROVER} has two leaves`, "give one leaf per prover"),
    );
  });

  test("a domain, a prover and a leaf by their names", () => {
    expect(refusalOf(() => domainOf(-1n, PROVER)).field).toBe("chainId");
    expect(refusalOf(() => domainOf(1n, "0x")).field).toBe("distributor");
    expect(
      refusalOf(() => leafHash("0x", { prover: PROVER, cumulative: 1n, cumulativeCommission: 0n })),
    ).toMatchObject({ field: "domain" });
    expect(refusalOf(() => buildRewardTree("0x", [])).field).toBe("domain");
    expect(refusalOf(() => claimOf(buildRewardTree(DOMAIN, []), "0x")).field).toBe("prover");
    expect(refusalOf(() => verifyProof("0x", [], DOMAIN)).field).toBe("leaf");
  });
});

describe("trees are refused by what is wrong with them", () => {
  test("leaves that are twice the same, and positions without one", () => {
    const zeros = (count: number) => buildTreeOf(count, () => {});
    expect(refusalOf(() => zeros(2))).toEqual(
      refusal("duplicate", "leaves", "leaf 1 repeats leaf 0", "give each leaf once"),
    );
    expect(refusalOf(() => proofAt(zeros(1), 1))).toEqual(
      refusal("out-of-range", "position", "1 of 1 leaves", "give a leaf's position"),
    );
  });

  test("a file's head that was changed, and a dataset hash that is none", () => {
    const { artifact, tree, datasetHash } = sampleArtifact();
    const head = { domain: tree.domain, root: tree.root, summary: summaryOf(artifact, 1) };
    const leaves = packLeaves(tree.entries);
    const damaged = Buffer.concat(encodeTreeFile(leaves, { ...head, datasetHash }));
    damaged[0] = 0;
    expect(refusalOf(() => decodeTreeHead(damaged))).toEqual(
      refusal("mismatch", "head", "is not what its hash says", "build the file again"),
    );
    const nameless = () => encodeTreeFile(leaves, { ...head, datasetHash: "0x" });
    expect(refusalOf(nameless).field).toBe("datasetHash");
  });
});

describe("a summary is refused by what is wrong with it", () => {
  const whole = () => summaryToJson(summaryOf(sampleArtifact().artifact, 1));
  test("a policy's id that is no text", () => {
    const { policy, ...rest } = whole();
    expect(refusalOf(() => summaryFromJson({ ...rest, policy: { ...policy, id: 5 } }))).toEqual(
      refusal("invalid", "summary.policy.id", "not a text", "give a policy's id"),
    );
    expect(refusalOf(() => summaryFromJson({ ...rest, policy: { ...policy, version: "1" } })).field).toBe(
      "summary.policy.version",
    );
    expect(refusalOf(() => summaryFromJson({ ...rest, policy: { ...policy, hash: "0x" } })).field).toBe(
      "summary.policy.hash",
    );
    expect(refusalOf(() => summaryFromJson({ ...rest, policy: null })).field).toBe("summary.policy");
    expect(refusalOf(() => summaryFromJson(null)).field).toBe("summary");
  });

  test.each(["budget", "carryIn", "added", "carryOut", "dropped", "provers", "fulfilments", "misses"])(
    "%s that is no number",
    (key) => {
      expect(refusalOf(() => summaryFromJson({ ...whole(), [key]: null })).field).toBe(`summary.${key}`);
    },
  );
});

test("a policy's boost is named by its field", () => {
  const policy = (params: object) =>
    new TextEncoder().encode(
      JSON.stringify({
        guards: { exclusions: [], feeMatchBps: null, minStake: "0" },
        id: "min-share",
        params,
        version: 1,
      }),
    );
  const params = { boostDenominator: "2", boostNumerator: "1" };
  expect(parsePolicy(policy(params)).id).toBe("min-share");
  for (const key of Object.keys(params)) {
    expect(refusalOf(() => parsePolicy(policy({ ...params, [key]: "0" }))).field).toBe(
      `policy.params.${key}`,
    );
  }
});
