// SPDX-License-Identifier: AGPL-3.0-only
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { connect } from "../../../service/chain/client.ts";
import { readLogs } from "../../../service/chain/logs.ts";
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
  readonly finality?: "finalized" | "latest";
  readonly rounds?: number;
}

async function collect(asked: Asked = {}) {
  const { fromBlock = 1n, toBlock = BigInt(HEAD), finality = "finalized", rounds } = asked;
  const { client } = await connect({ rpcUrl: node.url, rounds });
  const found: [number, number][] = [];
  for await (const log of readLogs({ client, contracts: [VAULT], fromBlock, toBlock, finality })) {
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

  test("refuses a range whose end is not final", async () => {
    await expect(collect({ toBlock: BigInt(HEAD + 1) })).rejects.toThrow(`block ${HEAD + 1} is not final`);
  });

  test("reads the head block by block, by hash", async () => {
    const head = { fromBlock: BigInt(HEAD - 2), toBlock: BigInt(HEAD + 5), finality: "latest" } as const;
    expect(await collect(head)).toEqual([
      [HEAD, 0],
      [HEAD, 1],
    ]);
    expect(node.spans).toEqual([]);
    node.tamper = (logs) => {
      node.forkAt = HEAD - 1;
      return logs;
    };
    // The fork comes between the blocks and their logs: hashes of the old one are unknown then.
    await expect(collect({ ...head, rounds: 2 })).rejects.toThrow("unknown block");
  });
});
