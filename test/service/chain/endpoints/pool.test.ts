// SPDX-License-Identifier: AGPL-3.0-only
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readBlock } from "../../../../service/chain/blocks.ts";
import { connect } from "../../../../service/chain/client.ts";
import type { Fault } from "../../../../service/chain/endpoints/fault.ts";
import { readLogs } from "../../../../service/chain/logs.ts";
import { type NodeLog, type ScriptedNode, scriptedNode, VAULT } from "../../helpers/node.ts";

const HEAD = 25_010;
let nodes: ScriptedNode[];
let faults: Fault[];

beforeEach(async () => {
  nodes = await Promise.all([1, 2, 3].map(() => scriptedNode({ head: HEAD })));
  faults = [];
});
afterEach(() => {
  for (const node of nodes) node.close();
});

const host = (i: number) => new URL((nodes[i] as ScriptedNode).url).host;
const ill = (i: number, ills: Partial<ScriptedNode>) => Object.assign(nodes[i] as ScriptedNode, ills);

async function connected(count = 3, agreement?: number) {
  const rpcUrl = nodes
    .slice(0, count)
    .map(({ url }) => url)
    .join(",");
  const { client } = await connect({ rpcUrl, agreement, onFault: (fault) => faults.push(fault) });
  return client;
}

async function read(count = 3, agreement?: number, toBlock = 25_000n) {
  const client = await connected(count, agreement);
  const found: string[] = [];
  for await (const log of readLogs({ client, contracts: [VAULT], fromBlock: 1n, toBlock })) {
    if (log.eventName !== "ActiveAssetsChanged") continue;
    found.push(`${log.blockNumber}/${log.logIndex}/${log.args.activeAssets}`);
  }
  return found;
}

const TRUTH = Array.from({ length: 25 }, (_, i) => (i + 1) * 1000).flatMap((block) => [
  `${block}/0/${block}`,
  `${block}/1/${block}`,
]);

describe("several endpoints", () => {
  const lies: [string, (logs: NodeLog[]) => NodeLog[]][] = [
    ["drops a log", (logs) => logs.slice(1)],
    ["truncates", (logs) => logs.slice(0, -1)],
    ["adds a log", (logs) => [...logs, ...logs.slice(0, 1)]],
    [
      "alters a log",
      ([first, ...rest]) =>
        first === undefined ? [] : [{ ...first, data: `${first.data.slice(0, -1)}4` }, ...rest],
    ],
    ["reorders logs", (logs) => logs.toReversed()],
    ["says that there are none", () => []],
  ];
  test.each(lies)("give the truth when one of three %s, and name it", async (_, tamper) => {
    for (let liar = 0; liar < 3; liar++) {
      faults = [];
      for (const node of nodes) node.tamper = undefined;
      ill(liar, { tamper });
      expect(await read()).toEqual(TRUTH);
      const contradicted = faults.filter(({ kind }) => kind === "contradicted");
      // The third is only asked when the first two differ.
      if (liar < 2) expect(contradicted.map((fault) => fault.host)).toContain(host(liar));
      for (const fault of contradicted) expect(fault.host).toBe(host(liar));
    }
  });

  test.each(lies)("stop when one of two %s", async (_, tamper) => {
    ill(1, { tamper });
    await expect(read(2)).rejects.toMatchObject({
      code: "inconsistent",
      message: expect.stringMatching(`disagree on eth_getLogs.*${host(0)} against ${host(1)}`),
    });
  });

  test("ask whoever contradicted the others last from then on", async () => {
    ill(0, { tamper: () => [] });
    const client = await connected();
    await collectOnce(client);
    await collectOnce(client);
    expect(nodes.map(({ spans }) => spans.length)).toEqual([1, 2, 2]);
  });

  test("agree on a block's hash: one of three on a fork is outvoted", async () => {
    ill(0, { forkAt: 20_000 });
    const client = await connected();
    const block = await readBlock(client, 24_000n);
    expect(block.hash).toBe((await readBlock(await aloneAt(1), 24_000n)).hash);
    expect(faults).toContainEqual(expect.objectContaining({ host: host(0), kind: "contradicted" }));
  });

  test("stop on a fork if only two are there", async () => {
    ill(0, { forkAt: 20_000 });
    await expect(connected(2).then((client) => readBlock(client, 24_000n))).rejects.toThrow(
      "disagree on eth_getBlockByNumber at block 24000",
    );
  });

  test("take the head that enough of them have reached", async () => {
    ill(0, { head: 24_000 });
    ill(2, { head: 30_000 });
    const client = await connected();
    expect((await readBlock(client, "finalized")).number).toBe(BigInt(HEAD - 10));
    expect(await client.getBlockNumber()).toBe(BigInt(HEAD));
  });

  test("ask nobody for blocks that it has not seen", async () => {
    ill(0, { head: 20_000 });
    expect(await read()).toEqual(TRUTH);
    expect((nodes[0] as ScriptedNode).spans).not.toContain(5_000);
  });

  test("bear one that is down, and none of two", async () => {
    (nodes[1] as ScriptedNode).close();
    expect(await read()).toEqual(TRUTH);
    expect(faults).toContainEqual(expect.objectContaining({ host: host(1), kind: "unreachable" }));
    await expect(read(2)).rejects.toMatchObject({ code: "unreachable" });
    expect(await aloneAt(0).then((client) => client.getBlockNumber())).toBe(BigInt(HEAD));
  });

  test("refuse an agreement of more than there are", async () => {
    await expect(connected(3, 4)).rejects.toThrow("agreement of 4 endpoints is required, and 3 are given");
    await expect(connected(3, 0)).rejects.toMatchObject({ hint: expect.stringContaining("from 1 to 3") });
  });

  test("send a transaction to all, and count nonces by whoever knows most", async () => {
    ill(1, { head: HEAD - 1 });
    const client = await connected();
    await client.request({ method: "eth_sendRawTransaction", params: ["0x02"] });
    expect(nodes.map(({ sent }) => sent)).toEqual([["0x02"], ["0x02"], ["0x02"]]);
    expect(await client.getTransactionCount({ address: VAULT })).toBe(6);
  });
});

describe("one endpoint", () => {
  test("is asked again after a rest when it limits, or cuts its answers off", async () => {
    const client = await aloneAt(0);
    ill(0, { limited: 2 });
    expect(await client.getBlockNumber()).toBe(BigInt(HEAD));
    ill(0, { cut: 2 });
    expect(await client.getBlockNumber()).toBe(BigInt(HEAD));
    expect(faults.map(({ kind }) => kind)).toEqual(["limited", "limited", "unreachable", "unreachable"]);
  });

  test("is sent no more calls at a time than it accepts", async () => {
    const client = await aloneAt(0);
    ill(0, { maxCalls: 10 });
    const blocks = Array.from({ length: 60 }, (_, i) => readBlock(client, BigInt(i + 1)));
    expect((await Promise.all(blocks)).map(({ number }) => Number(number))).toEqual(
      blocks.map((_, i) => i + 1),
    );
  });

  test("is given up when it stays silent", async () => {
    const client = await aloneAt(0);
    (nodes[0] as ScriptedNode).close();
    await expect(client.getBlockNumber()).rejects.toThrow("HTTP request failed");
  });
});

async function aloneAt(i: number) {
  return (await connect({ rpcUrl: (nodes[i] as ScriptedNode).url, onFault: (fault) => faults.push(fault) }))
    .client;
}

async function collectOnce(client: Awaited<ReturnType<typeof connected>>) {
  for await (const _ of readLogs({ client, contracts: [VAULT], fromBlock: 1n, toBlock: 9_000n }));
}
