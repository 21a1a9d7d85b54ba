// SPDX-License-Identifier: AGPL-3.0-only
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { readLogs } from "../../../../service/audit/logs.ts";
import { readBlock } from "../../../../service/chain/blocks.ts";
import { connect } from "../../../../service/chain/client.ts";
import { type Endpoint, endpointAt } from "../../../../service/chain/endpoints/endpoint.ts";
import type { Fault } from "../../../../service/chain/endpoints/fault.ts";
import { type NodeLog, RpcFault, type ScriptedNode, scriptedNode, VAULT } from "../../helpers/node.ts";

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
  const seen = faults;
  const { client } = await connect({ rpcUrl, agreement, onFault: (fault) => seen.push(fault) });
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

  test("ask whoever contradicted the others last", async () => {
    ill(0, { tamper: () => [] });
    const client = await connected();
    await collectOnce(client);
    await collectOnce(client);
    expect(nodes.map(({ spans }) => spans.length)).toEqual([1, 2, 2]);
  });

  test("ask whoever contradicted the others again after a while, longer each time, and check what it says", async () => {
    const asked = () => nodes.map(({ spans }) => spans.length);
    onTestFinished(() => void vi.useRealTimers());
    const later = (seconds: number) =>
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1_000 });
    ill(0, { tamper: () => [] });
    const client = await connected();
    await collectOnce(client);
    later(61);
    // It lies again.
    await collectOnce(client);
    expect(asked()).toEqual([2, 2, 2]);
    later(61);
    await collectOnce(client);
    expect(asked()).toEqual([2, 3, 3]);
    later(60);
    ill(0, { tamper: undefined });
    await collectOnce(client);
    await collectOnce(client);
    expect(asked()).toEqual([4, 5, 3]);
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
    // Whoever takes it first has it; the others get it all the same.
    await expect
      .poll(() => nodes.map(({ sent }) => sent), { timeout: 45_000 })
      .toEqual([["0x02"], ["0x02"], ["0x02"]]);
    expect(await client.getTransactionCount({ address: VAULT })).toBe(6);
  });
});

describe("one of three endpoints cannot move", () => {
  /** What each of the others says, what the one says, and what must come out. */
  const VALUES: [string, string, unknown[], string, string, string][] = [
    ["the tip", "eth_maxPriorityFeePerGas", [], "0x3b9aca00", "0x470de4df820000", "0x3b9aca00"],
    ["the tip to nothing", "eth_maxPriorityFeePerGas", [], "0x3b9aca00", "0x0", "0x3b9aca00"],
    ["the gas price", "eth_gasPrice", [], "0x3b9aca00", "0x470de4df820000", "0x3b9aca00"],
    ["the nonce", "eth_getTransactionCount", [VAULT, "pending"], "0x6", "0xffff", "0x6"],
    ["the nonce back", "eth_getTransactionCount", [VAULT, "pending"], "0x6", "0x0", "0x6"],
    ["the nonce that is mined", "eth_getTransactionCount", [VAULT, "latest"], "0x6", "0xffff", "0x6"],
    ["the gas", "eth_estimateGas", [{}], "0x15f90", "0x1ba8140", "0x15f90"],
    ["the gas to too little", "eth_estimateGas", [{}], "0x15f90", "0x5208", "0x15f90"],
    ["the head", "eth_blockNumber", [], "0x61b2", "0xffffff", "0x61b2"],
    ["the head back", "eth_blockNumber", [], "0x61b2", "0x0", "0x61b2"],
    ["what it holds", "eth_getBalance", [VAULT, "latest"], "0x10", "0x0", "0x10"],
    [
      "what a contract says now",
      "eth_call",
      [{ to: VAULT }, "latest"],
      `0x${"01".repeat(32)}`,
      "0x",
      `0x${"01".repeat(32)}`,
    ],
  ];
  test.each(VALUES)("%s", async (_, method, params, honest, lie, expected) => {
    for (let liar = 0; liar < 3; liar++) {
      for (const i of [0, 1, 2]) ill(i, { says: { [method]: i === liar ? lie : honest } });
      const client = await connected();
      expect(await client.request({ method, params } as never)).toBe(expected);
    }
  });

  test("what is refused: what it alone refuses is estimated, what two refuse is not", async () => {
    const refusal = new RpcFault(3, "execution reverted");
    for (let liar = 0; liar < 3; liar++) {
      for (const i of [0, 1, 2]) ill(i, { says: { eth_estimateGas: i === liar ? refusal : "0x15f90" } });
      const request = { method: "eth_estimateGas", params: [{}] } as never;
      expect(await (await connected()).request(request)).toBe("0x15f90");
      for (const i of [0, 1, 2]) ill(i, { says: { eth_estimateGas: i === liar ? "0x15f90" : refusal } });
      await expect((await connected()).request(request)).rejects.toThrow("execution reverted");
    }
  });

  test("the chain: one that serves another is asked for nothing, and the honest ones are not blamed", async () => {
    for (let liar = 0; liar < 3; liar++) {
      faults = [];
      for (const i of [0, 1, 2]) ill(i, { says: i === liar ? { eth_chainId: "0x1" } : {} });
      const client = await connected();
      expect((await readBlock(client, 24_000n)).number).toBe(24_000n);
      for (const { host: blamed } of faults) expect(blamed).toBe(host(liar));
      // Nor is it asked for later, by whoever signs.
      for (const i of [0, 1, 2]) ill(i, { says: { eth_chainId: "0x1" } });
      expect(await client.getChainId()).not.toBe(1);
    }
    ill(1, { says: {} });
    await expect(connected(2)).rejects.toThrow("the RPC endpoints serve different chains: ");
  });

  test("the chain for good: one that is set right takes part again after a minute", async () => {
    ill(0, { says: { eth_chainId: "0x1" } });
    const client = await connected();
    ill(0, { says: {} });
    ill(1, { refuse: () => "close" });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    try {
      expect((await readBlock(client, 24_000n)).number).toBe(24_000n);
    } finally {
      vi.useRealTimers();
    }
  });

  test("whether a block is final by not knowing which one is", async () => {
    for (let liar = 0; liar < 3; liar++) {
      for (const i of [0, 1, 2]) ill(i, { nullFor: i === liar ? ["finalized"] : undefined });
      expect((await readBlock(await connected(), "finalized")).number).toBe(BigInt(HEAD - 10));
    }
  });

  test("whether a transaction was mined", async () => {
    const receipt = (status: string) => ({
      transactionHash: `0x${"aa".repeat(32)}`,
      blockHash: `0x${"bb".repeat(32)}`,
      blockNumber: "0x1",
      status,
      logs: [],
    });
    const request = { method: "eth_getTransactionReceipt", params: [`0x${"aa".repeat(32)}`] } as never;
    for (let liar = 0; liar < 3; liar++) {
      for (const lie of [receipt("0x0"), null]) {
        for (const i of [0, 1, 2]) {
          ill(i, { says: { eth_getTransactionReceipt: i === liar ? lie : receipt("0x1") } });
        }
        expect(await (await connected()).request(request)).toMatchObject({ status: "0x1" });
      }
      for (const i of [0, 1, 2]) {
        ill(i, { says: { eth_getTransactionReceipt: i === liar ? receipt("0x1") : null } });
      }
      expect(await (await connected()).request(request)).toBeNull();
    }
  });
});

describe("one of three endpoints cannot hold up", () => {
  test("a read, by not answering: it is overtaken, and asked last from then on", async () => {
    for (let slow = 0; slow < 3; slow++) {
      faults = [];
      for (const i of [0, 1, 2]) ill(i, { hang: i === slow });
      expect(await read()).toEqual(TRUTH);
      // It was not waited for until its request was given up.
      expect(faults.map(({ kind }) => kind)).not.toContain("unreachable");
      if (slow < 2)
        expect(faults).toContainEqual(expect.objectContaining({ host: host(slow), kind: "slow" }));
    }
  });

  test("the head, where the others are a block apart: it is waited for only once", async () => {
    ill(0, { hang: true });
    ill(1, { head: HEAD - 1 });
    const client = await connected();
    await client.getBlockNumber();
    const before = (nodes[0] as ScriptedNode).requests;
    for (let i = 0; i < 10; i++) expect(await client.getBlockNumber()).toBe(BigInt(HEAD - 1));
    expect((nodes[0] as ScriptedNode).requests - before).toBeLessThan(10);
  });

  test("a receipt, by not answering, while one of the others does not have it yet", async () => {
    const transactionHash = `0x${"aa".repeat(32)}`;
    const block = { blockHash: `0x${"bb".repeat(32)}`, blockNumber: "0x1" };
    const receipt = { ...block, transactionHash, status: "0x1", logs: [] };
    ill(0, { says: { eth_getTransactionReceipt: receipt } });
    ill(1, { hang: true });
    ill(2, { nullFor: [transactionHash] });
    const client = await connected();
    const request = { method: "eth_getTransactionReceipt", params: [transactionHash] } as never;
    expect(await client.request(request)).toBeNull();
    expect(faults.map(({ kind }) => kind)).toEqual(["slow"]);
  });

  test("a transaction, by not accepting it", async () => {
    ill(0, { hang: true });
    const client = await connected();
    await client.request({ method: "eth_sendRawTransaction", params: ["0x02"] });
    expect(faults.map(({ kind }) => kind)).not.toContain("unreachable");
  });

  describe("what others give at once:", () => {
    const call = { method: "eth_getBalance", params: [VAULT, "0x1"] };
    let slow: Endpoint;
    let other: Endpoint;
    beforeEach(() => {
      for (const i of [0, 1]) ill(i, { says: { eth_getBalance: "0x10" } });
      [slow, other] = [0, 1].map((i) => endpointAt((nodes[i] as ScriptedNode).url)) as [Endpoint, Endpoint];
    });

    test.each([1_200, 500])("whoever takes %i ms is asked after those that do not", async (delay) => {
      ill(0, { delay });
      expect([slow, other].map((endpoint) => endpoint.rank(call))).toEqual([0, 0]);
      for (const endpoint of [slow, other]) await endpoint.ask(call);
      expect(slow.rank(call)).toBeGreaterThan(other.rank(call));
    });

    test.each([
      ["serve it", new RpcFault(-32_601, "the method eth_getBalance does not exist/is not available")],
      ["have the state for it any more", new RpcFault(-32_000, "missing trie node")],
    ])("whoever does not %s is asked for it after those that do", async (_, eth_getBalance) => {
      ill(0, { says: { eth_getBalance } });
      await expect(slow.ask(call)).rejects.toThrow();
      expect(slow.rank(call)).toBeGreaterThan(other.rank(call));
      expect(slow.rank({ method: "eth_blockNumber" })).toBe(0);
    });
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
  const seen = faults;
  return (await connect({ rpcUrl: (nodes[i] as ScriptedNode).url, onFault: (fault) => seen.push(fault) }))
    .client;
}

async function collectOnce(client: Awaited<ReturnType<typeof connected>>) {
  for await (const _ of readLogs({ client, contracts: [VAULT], fromBlock: 1n, toBlock: 9_000n }));
}
