// SPDX-License-Identifier: AGPL-3.0-only
import {
  createPublicClient,
  custom,
  decodeEventLog,
  decodeFunctionData,
  type EIP1193RequestFn,
  encodeAbiParameters,
  encodeEventTopics,
  encodeFunctionResult,
  getAbiItem,
  type Hex,
  numberToHex,
  type PublicClient,
  pad,
  RpcRequestError,
  zeroAddress,
  zeroHash,
} from "viem";
import { expect, it } from "vitest";
import type { Finding } from "../../../service/audit/finding.ts";
import { judge } from "../../../service/audit/judge.ts";
import { iProofMarketAbi } from "../../../service/chain/abi.ts";
import { type RecordedChain, recordedClient } from "../helpers/recorded-chain.ts";
import { A, B, boundaries, readRecorded } from "./recorded-reading.ts";

type Log = RecordedChain["logs"][number];

const REQUESTED = getAbiItem({ abi: iProofMarketAbi, name: "Requested" });
const [FULFILLED, MISSED] = [2, 3];
const NOTHING = {
  requester: zeroAddress,
  programKey: zeroHash,
  publicValuesDigest: zeroHash,
  verifierVersion: 1n,
  maxFee: 0n,
  lockAmount: 5_000n,
  bond: 0n,
  protocolFeeBps: 1_000n,
  maxOpenAssignments: 0n,
  commitEnd: 0n,
  revealEnd: 0n,
  deadline: 0n,
  commitCount: 0n,
  leaderFee: 0n,
  price: 0n,
};

const worked = boundaries.logs.filter(({ event }) => event === "Fulfilled" || event === "Missed");
const { statements } = boundaries;

/** The request that a fulfilment or a miss has ended, as the market holds it. */
function requestBehind({ topics, data }: Log) {
  const { eventName, args } = decodeEventLog({
    abi: iProofMarketAbi,
    topics: topics as [Hex, ...Hex[]],
    data,
  });
  if (eventName === "Missed") {
    return { ...NOTHING, status: MISSED, leader: args.prover, deadline: args.deadline };
  }
  if (eventName !== "Fulfilled") throw new Error("neither a fulfilment nor a miss");
  const statement = statements.find(({ statementId }) => statementId === args.statementId);
  const { programKey, publicValuesDigest } = statement as (typeof statements)[number];
  const { prover: leader, requester, fee: price } = args;
  return { ...NOTHING, status: FULFILLED, leader, requester, price, programKey, publicValuesDigest };
}

interface Market {
  /** What the market says of a request; nothing if it would not say. */
  readonly requestOf: (id: Hex) => object | undefined;
  readonly keyHash: Hex | undefined;
}

const honest: Market = {
  requestOf: (id) => requestBehind(worked.find(({ topics }) => topics[1] === id) as Log),
  keyHash: statements[0]?.verifierKeyHash,
};

/** A recorded chain whose market also holds the requests. */
function withRequests(chain: RecordedChain, { requestOf, keyHash }: Market): PublicClient {
  const source = recordedClient(chain);
  const refused = () =>
    new RpcRequestError({ body: {}, url: "recorded", error: { code: 3, message: "reverted" } });
  const request = async ({
    method,
    params,
  }: {
    method: string;
    params: [{ to?: Hex; data: Hex; topics?: Hex[][] }];
  }) => {
    const [first] = params ?? [];
    if (method === "eth_getLogs" && first.topics?.flat()[0] === topic) return worked.map(requestedLog);
    if (method !== "eth_call" || first.to !== chain.market)
      return source.request({ method, params } as never);
    const { functionName, args } = decodeFunctionData({ abi: iProofMarketAbi, data: first.data });
    if (functionName === "requestOf") {
      const result = requestOf(args[0]);
      if (result === undefined) throw refused();
      return encodeFunctionResult({ abi: iProofMarketAbi, functionName, result: result as never });
    }
    if (functionName === "verifierOf") {
      if (keyHash === undefined) throw refused();
      return encodeFunctionResult({
        abi: iProofMarketAbi,
        functionName,
        result: [zeroAddress, keyHash, false],
      });
    }
    return source.request({ method, params } as never);
  };
  const transport = custom({ request: request as EIP1193RequestFn }, { retryCount: 0 });
  return createPublicClient({ transport, cacheTime: 0 });
}

const [topic] = encodeEventTopics({ abi: [REQUESTED], eventName: "Requested" });
const PARAMS = REQUESTED.inputs.filter(({ indexed }) => !indexed);

/** Block 11, in the order of the work. */
function requestedLog({ topics: [, id] }: Log, i: number) {
  const params = {
    programKey: zeroHash,
    publicValuesDigest: zeroHash,
    verifierVersion: 1n,
    maxFee: 0n,
    minStake: 0n,
    commitDuration: 0n,
    revealDuration: 0n,
    deadline: 0n,
    inputUri: "",
  };
  return {
    address: boundaries.market,
    topics: [topic, id, pad(zeroAddress), zeroHash],
    data: encodeAbiParameters(PARAMS, [params, 0n, 0n] as never),
    blockNumber: numberToHex(11),
    blockHash: boundaries.blocks[1]?.hash,
    logIndex: numberToHex(10 + i),
    transactionHash: pad(numberToHex(i)),
    transactionIndex: "0x0",
    removed: false,
  };
}

/** What is found against the inputs of an epoch. */
async function found(logs: readonly Log[], market: Market = honest, epoch = 3): Promise<Finding[]> {
  const chain = { ...boundaries, logs: [...logs] };
  const client = withRequests(chain, market);
  const { reading } = await readRecorded(chain, client);
  return [...(await judge(client, reading, epoch)).report.verdicts.inputs.findings];
}

const logAt = (block: number, index: number) =>
  boundaries.logs.find(({ blockNumber, logIndex }) => blockNumber === block && logIndex === index) as Log;
const without = (log: Log) => boundaries.logs.filter((other) => other !== log);
/** With another word of its data, or another prover. */
const altered = (log: Log, change: { word?: [number, bigint]; prover?: Hex; id?: Hex }): Log[] => {
  const { word: [n, value] = [], prover, id } = change;
  const at = 2 + 64 * (n ?? 0);
  const data =
    n === undefined
      ? log.data
      : (`${log.data.slice(0, at)}${pad(numberToHex(value ?? 0n)).slice(2)}${log.data.slice(at + 64)}` as Hex);
  const topics = [
    log.topics[0],
    id ?? log.topics[1],
    prover === undefined ? log.topics[2] : pad(prover),
    log.topics[3],
  ];
  return boundaries.logs.map((other) => (other === log ? { ...log, data, topics: topics as Hex[] } : other));
};

const shown = (findings: readonly Finding[]) =>
  findings
    .filter(({ message }) => message.includes("request 0x"))
    .map(({ topic, prover, message, log }) => [
      topic,
      prover,
      message.replace(/0x[0-9a-f]+/, (id) => id.slice(0, 8)),
      log && `${log.event} ${log.block} ${log.logIndex}`,
    ]);

it("nothing is asked of the market while the logs are complete", async () => {
  const market = { ...honest, requestOf: () => expect.unreachable("no request is read") };
  expect(await found(boundaries.logs, market)).toEqual([]);
});

it("a withheld fulfilment is named by its request, which the market still holds", async () => {
  expect(shown(await found(without(logAt(14, 0))))).toEqual([
    ["fulfilments", A, "a fulfilment of it is missing in the logs: request 0x752603", "Requested 11 10"],
  ]);
});

it("a withheld miss is named, in epochs from its deadline's on", async () => {
  const expected = [
    [
      "misses",
      A,
      "a miss of it is missing in the logs: request 0x515cc7",
      `Requested 11 ${10 + worked.indexOf(logAt(26, 0))}`,
    ],
  ];
  expect(shown(await found(without(logAt(26, 0))))).toEqual(expected);
  expect(shown(await found(without(logAt(26, 0)), honest, 1))).toEqual(expected);
  expect(shown(await found(without(logAt(26, 0)), honest, 0))).toEqual([]);
});

it.each([
  ["prover", { prover: B }],
  ["requester", { word: [1, 5n] as [number, bigint] }],
  ["statement", { word: [2, 5n] as [number, bigint] }],
  ["fee", { word: [3, 1_001n] as [number, bigint] }],
  ["protocol fee", { word: [4, 101n] as [number, bigint] }],
  ["counted weight", { word: [6, 9_999_999n] as [number, bigint] }],
])("a fulfilment with another %s is named", async (_, change) => {
  expect(shown(await found(altered(logAt(14, 0), change)))).toEqual([
    ["fulfilments", A, "a fulfilment of it is altered in the logs: request 0x752603", "Fulfilled 14 0"],
  ]);
});

it("a fulfilment that counts in full, although its statement had counted, is named", async () => {
  expect(shown(await found(altered(logAt(34, 0), { word: [6, 15_000_000n] })))).toMatchObject([
    ["fulfilments", A, expect.stringContaining("altered"), "Fulfilled 34 0"],
  ]);
  expect(shown(await found(altered(logAt(17, 0), { word: [6, 1n] })))).toMatchObject([
    ["fulfilments", B, expect.stringContaining("altered"), "Fulfilled 17 0"],
  ]);
});

it("a fulfilment that the market does not know to be one, or under which key, is named", async () => {
  const logs = without(logAt(26, 0));
  const open = { ...honest, requestOf: (id: Hex) => ({ ...(honest.requestOf(id) as object), status: 1 }) };
  const ofOpen = await found(logs, open);
  expect(shown(ofOpen)).toHaveLength(worked.length - 1);
  const keyless = await found(logs, { ...honest, keyHash: undefined });
  expect(shown(keyless).filter(([topic]) => topic === "fulfilments")).toHaveLength(9);
});

it.each([
  ["prover", { prover: B }],
  ["deadline", { word: [1, 1_700_010_001n] as [number, bigint] }],
  ["more slashed than was locked", { word: [2, 5_001n] as [number, bigint] }],
])("a miss with another %s is named", async (_, change) => {
  expect(shown(await found(altered(logAt(26, 0), change)))).toEqual([
    ["misses", A, "a miss of it is altered in the logs: request 0x515cc7", "Missed 26 0"],
  ]);
});

it("what was locked may be slashed whole, and less is for the accumulator to say", async () => {
  for (const slashed of [4_999n, 5_000n]) {
    const findings = await found(altered(logAt(26, 0), { word: [2, slashed] }));
    expect(shown(findings)).toEqual([]);
    expect(findings[0]?.message).toContain("is altered in the logs, one of 1");
  }
});

it("requests that the market does not tell of are left out", async () => {
  expect(shown(await found(without(logAt(14, 0)), { ...honest, requestOf: () => undefined }))).toEqual([]);
});
