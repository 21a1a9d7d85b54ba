// SPDX-License-Identifier: AGPL-3.0-only
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readLogs } from "../../../service/audit/logs.ts";
import { connect } from "../../../service/chain/client.ts";
import { type ScriptedNode, scriptedNode, VAULT } from "../helpers/node.ts";

const HEAD = 25_000;
let node: ScriptedNode;

beforeEach(async () => {
  node = await scriptedNode({ head: HEAD + 10 });
});
afterEach(() => node.close());

interface Asked {
  readonly fromBlock?: bigint;
  readonly toBlock?: bigint;
  readonly rounds?: number;
}

async function collect(asked: Asked = {}) {
  const { fromBlock = 1n, toBlock = BigInt(HEAD), rounds } = asked;
  const { client } = await connect({ rpcUrl: node.url, rounds });
  const found: [number, number][] = [];
  for await (const log of readLogs({ client, contracts: [VAULT], fromBlock, toBlock })) {
    found.push([Number(log.blockNumber), log.logIndex]);
  }
  return found;
}

describe("reading logs", () => {
  test("yields every log once and in chain order, however the endpoint bounds its ranges", async () => {
    const expected = Array.from({ length: 25 }, (_, i) => [
      [(i + 1) * 1000, 0],
      [(i + 1) * 1000, 1],
    ]).flat();
    node.tamper = (logs) => logs.toReversed();
    for (const limit of [100_000, 3_000, 700]) {
      node.maxRange = limit;
      expect(await collect()).toEqual(expected);
    }
  });

  test("covers the range without gap or overlap, in spans that shrink and grow", async () => {
    node.maxRange = 3_000;
    await collect();
    expect(node.spans.reduce((sum, span) => sum + span, 0)).toBe(HEAD);
    expect(Math.max(...node.spans)).toBeLessThanOrEqual(3_000);
    expect(node.spans.length).toBeLessThan(25);
  });

  test("gives up on a single block that the endpoint refuses", async () => {
    node.maxRange = 0;
    await expect(collect()).rejects.toThrow("query returned more than 10000 results");
  });
});
