// SPDX-License-Identifier: AGPL-3.0-only
import { BaseError, createPublicClient, custom, type Hex, type PublicClient } from "viem";
import { describe, expect, it } from "vitest";
import type { Call } from "../../../../service/chain/endpoints/call.ts";
import { digestOf } from "../../../../service/chain/endpoints/digest.ts";
import { flawIn } from "../../../../service/chain/endpoints/shape.ts";
import { malformed } from "../../helpers/malformed.ts";

const HASH: Hex = `0x${"ab".repeat(32)}`;
const ADDRESS: Hex = `0x${"cd".repeat(20)}`;

const block = {
  ...{ number: "0x5", hash: HASH, parentHash: HASH, timestamp: "0x65", transactions: [HASH] },
  ...{ baseFeePerGas: "0x7", blobGasUsed: "0x0", difficulty: "0x0", excessBlobGas: "0x0", size: "0x200" },
  ...{ gasLimit: "0x1c9c380", gasUsed: "0x5208", totalDifficulty: "0x0", miner: ADDRESS, extraData: "0x" },
};
const transaction = {
  ...{
    hash: HASH,
    nonce: "0x1",
    blockNumber: "0x5",
    blockHash: HASH,
    transactionIndex: "0x0",
    from: ADDRESS,
  },
  ...{ to: ADDRESS, value: "0x0", gas: "0x5208", gasPrice: "0x7", input: "0x", type: "0x2", chainId: "0x1" },
  ...{ maxFeePerGas: "0x9", maxPriorityFeePerGas: "0x1", v: "0x0", yParity: "0x0", r: HASH, s: HASH },
};
const log = {
  ...{ address: ADDRESS, topics: [HASH], data: "0x", blockNumber: "0x5", logIndex: "0x0", blockHash: HASH },
  ...{ transactionHash: HASH, transactionIndex: "0x0", removed: false },
};
const receipt = {
  ...{ transactionHash: HASH, blockNumber: "0x5", blockHash: HASH, transactionIndex: "0x0", status: "0x1" },
  ...{ from: ADDRESS, to: ADDRESS, gasUsed: "0x5208", cumulativeGasUsed: "0x5208", effectiveGasPrice: "0x7" },
  ...{ logs: [log], logsBloom: "0x", type: "0x2", contractAddress: null },
};

/** What is asked of nodes, a true answer, and who reads it. */
const READ: readonly [string, Call, unknown, (client: PublicClient) => Promise<unknown>][] = [
  [
    "a block by its number",
    { method: "eth_getBlockByNumber", params: ["0x5", false] },
    block,
    (client) => client.getBlock({ blockNumber: 5n }),
  ],
  [
    "the latest block",
    { method: "eth_getBlockByNumber", params: ["latest", false] },
    block,
    (client) => client.getBlock(),
  ],
  [
    "a block by its hash",
    { method: "eth_getBlockByHash", params: [HASH, false] },
    block,
    (client) => client.getBlock({ blockHash: HASH }),
  ],
  [
    "a transaction",
    { method: "eth_getTransactionByHash", params: [HASH] },
    transaction,
    (client) => client.getTransaction({ hash: HASH }),
  ],
  [
    "a receipt",
    { method: "eth_getTransactionReceipt", params: [HASH] },
    receipt,
    (client) => client.getTransactionReceipt({ hash: HASH }),
  ],
  ["the gas price", { method: "eth_gasPrice" }, "0x7", (client) => client.getGasPrice()],
  ["the chain", { method: "eth_chainId" }, "0x1", (client) => client.getChainId()],
  [
    "an account's nonce",
    { method: "eth_getTransactionCount", params: [ADDRESS, "latest"] },
    "0x1",
    (client) => client.getTransactionCount({ address: ADDRESS }),
  ],
  [
    "an account's balance",
    { method: "eth_getBalance", params: [ADDRESS, "latest"] },
    "0x1",
    (client) => client.getBalance({ address: ADDRESS }),
  ],
];

const answering = (answer: unknown): PublicClient =>
  createPublicClient({ transport: custom({ request: async () => answer }, { retryCount: 0 }), cacheTime: 0 });

describe.each(READ)("%s", (_, call, answer, read) => {
  it("is taken as it is", async () => {
    expect(flawIn(call, answer)).toBeUndefined();
    await expect(read(answering(answer))).resolves.not.toBeUndefined();
  });

  it("is refused, or read without an error of the language, whatever is wrong with it", async () => {
    let refused = 0;
    for (const bad of malformed(answer)) {
      if (flawIn(call, bad) !== undefined) {
        refused++;
        continue;
      }
      // Before it is read it is compared with what others say.
      expect(() => digestOf(call, bad), JSON.stringify(bad)).not.toThrow();
      await read(answering(bad)).catch((error: unknown) => {
        expect(error, JSON.stringify(bad)).toBeInstanceOf(BaseError);
      });
    }
    expect(refused).toBeGreaterThan(8);
  });
});

describe("logs", () => {
  const call: Call = { method: "eth_getLogs", params: [{ fromBlock: "0x5", toBlock: "0x5" }] };

  it("are refused, or compared with what others say without an error, whatever is wrong with them", () => {
    expect(flawIn(call, [log])).toBeUndefined();
    const bad = [...malformed([log])];
    const passed = bad.filter((one) => flawIn(call, one) === undefined);
    expect(bad.length - passed.length).toBeGreaterThan(40);
    for (const one of passed) expect(() => digestOf(call, one), JSON.stringify(one)).not.toThrow();
  });

  it("that were taken back are none, alone or in a receipt", () => {
    const removed = { ...log, removed: true };
    expect(flawIn(call, [removed])).toBe("a log that a reorganisation has removed");
    const asked: Call = { method: "eth_getTransactionReceipt", params: [HASH] };
    expect(flawIn(asked, { ...receipt, logs: [removed] })).toBe(
      "a receipt with a log that a reorganisation has removed",
    );
  });
});

it("what was asked for by its hash is not taken for another", () => {
  const other: Hex = `0x${"ef".repeat(32)}`;
  const flaws = [
    ["eth_getBlockByHash", { ...block, hash: other }],
    ["eth_getTransactionByHash", { ...transaction, hash: other }],
    ["eth_getTransactionReceipt", { ...receipt, transactionHash: other }],
  ].map(([method, answer]) => flawIn({ method: method as string, params: [HASH] }, answer));
  expect(flaws).toEqual(
    ["block", "transaction", "receipt"].map((what) => `the ${what} of another hash, ${other}`),
  );
});

it("numbers and times that no chain reaches are none", () => {
  const call: Call = { method: "eth_getBlockByNumber", params: ["latest", false] };
  const huge = `0x${"f".repeat(64)}`;
  expect(flawIn(call, { ...block, timestamp: huge })).toBe(`a block whose timestamp is "${huge}"`);
  expect(flawIn(call, { ...block, number: huge })).toMatch(/^a block whose number is "0xf/);
});

describe("what is nested too deeply to be written out", () => {
  let deep: unknown = [];
  for (let i = 0; i < 20_000; i++) deep = [deep];
  const logsCall: Call = { method: "eth_getLogs", params: [{ fromBlock: "0x5", toBlock: "0x5" }] };

  it.each(READ)("is refused, or taken without an error, in the place of a part of %s", (_, call, answer) => {
    // What is said of a transaction is compared with nobody's word.
    const digest = call.method === "eth_getTransactionByHash" ? () => "" : digestOf;
    const parts = typeof answer === "object" ? Object.keys(answer as object) : [];
    for (const one of [deep, ...parts.map((name) => ({ ...(answer as object), [name]: deep }))]) {
      expect(flawIn(call, one) ?? digest(call, one)).toBeTypeOf("string");
    }
  });

  it("is refused, or taken without an error, in the place of a part of a log", () => {
    for (const name of Object.keys(log)) {
      const logs = [{ ...log, [name]: deep }];
      expect(flawIn(logsCall, logs) ?? digestOf(logsCall, logs)).toBeTypeOf("string");
    }
  });
});
