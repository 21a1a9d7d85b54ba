// SPDX-License-Identifier: AGPL-3.0-only
import { encodeAbiParameters, encodeEventTopics, numberToHex } from "viem";
import { describe, expect, test } from "vitest";
import { iProverVaultAbi } from "../../../service/chain/abi.ts";
import { readLogs } from "../../../service/chain/logs.ts";
import type { Address } from "../../../service/core/types.ts";
import { fakeChain, type RpcCall } from "../helpers/chain.ts";

const VAULT: Address = `0x${"bb".repeat(20)}`;
const HEAD = 25_000;

function changeAt(block: number, logIndex = 0) {
  return {
    address: VAULT,
    topics: encodeEventTopics({ abi: iProverVaultAbi, eventName: "ActiveAssetsChanged" }),
    data: encodeAbiParameters([{ type: "uint256" }, { type: "uint256" }, { type: "uint256" }], [1n, 2n, 3n]),
    blockNumber: numberToHex(block),
    logIndex: numberToHex(logIndex),
    blockHash: numberToHex(block, { size: 32 }),
    transactionHash: numberToHex(1, { size: 32 }),
    transactionIndex: "0x0",
    removed: false,
  };
}

/** An endpoint with one log in every thousandth block, that refuses ranges of more than `limit` blocks. */
function endpoint(limit: number) {
  const asked: number[] = [];
  const chain = fakeChain(async ({ method, params }: RpcCall) => {
    if (method === "eth_getBlockByNumber") return { number: numberToHex(HEAD), hash: "0x", timestamp: "0x1" };
    const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
    const [from, to] = [Number(fromBlock), Number(toBlock)];
    if (to - from + 1 > limit)
      throw Object.assign(new Error("query returned more than 10000 results"), { code: -32005 });
    asked.push(to - from + 1);
    const logs = [];
    for (let block = Math.ceil(from / 1000) * 1000; block <= to; block += 1000) {
      logs.push(changeAt(block, 1), changeAt(block, 0));
    }
    return logs;
  });
  return { chain, asked };
}

async function collect(limit: number, toBlock = BigInt(HEAD)) {
  const { chain, asked } = endpoint(limit);
  const found: [number, number][] = [];
  for await (const log of readLogs({ client: chain.client, contracts: [VAULT], fromBlock: 1n, toBlock })) {
    found.push([Number(log.blockNumber), log.logIndex]);
  }
  return { found, asked };
}

describe("reading logs", () => {
  test("yields every log once and in chain order, however the endpoint bounds its ranges", async () => {
    const expected = Array.from({ length: 25 }, (_, i) => [
      [(i + 1) * 1000, 0],
      [(i + 1) * 1000, 1],
    ]).flat();
    for (const limit of [100_000, 3_000, 700]) expect((await collect(limit)).found).toEqual(expected);
  });

  test("covers the range without gap or overlap, in spans that shrink and grow", async () => {
    const { asked } = await collect(3_000);
    expect(asked.reduce((sum, span) => sum + span, 0)).toBe(HEAD);
    expect(Math.max(...asked)).toBeLessThanOrEqual(3_000);
    expect(asked.length).toBeLessThan(25);
  });

  test("gives up on a single block that the endpoint refuses", async () => {
    await expect(collect(0)).rejects.toThrow("query returned more than 10000 results");
  });

  test("refuses a range whose end is not final", async () => {
    await expect(collect(100_000, BigInt(HEAD + 1))).rejects.toThrow(`block ${HEAD + 1} is not final`);
  });
});
