// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, type Hex, toEventSelector } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EVENTS } from "../../../service/audit/logs.ts";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import { follow } from "../../../service/epoch/follow.ts";
import type { OpenDatabase } from "../../../service/epoch/sources.ts";
import { type Progress, type SyncParams, sync } from "../../../service/epoch/sync.ts";
import { type Position, readPosition } from "../../../service/store/deployment.ts";
import { recentPages } from "../../../service/store/pages.ts";
import { fakeChain, lyingChain, type RpcCall, type RpcLog } from "../helpers/chain.ts";
import { dump } from "../helpers/dump.ts";
import { stored } from "../helpers/stored.ts";
import {
  confirm,
  deploySystem,
  endEpoch,
  ether,
  latestContent,
  miss,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

let network: TestSystem;
let chain: Chain;
let system: System;
let ada: Address;
let ben: Address;
let checkpoint: Hex;

beforeAll(async () => {
  network = await deploySystem();
  chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  system = await readSystem(chain, network.distributor);
  [ada, ben] = network.accounts as [Address, Address];
  await registerProver(network, ada, ether(5_000), 1_000n);
  await registerProver(network, ben, ether(2_000), 0n);
  await work(network, ada, ether(30), 1n);
  await work(network, ben, ether(20), 2n);
  await miss(network, ben, ether(5));
  checkpoint = await network.client.snapshot();
}, 60_000);

beforeEach(async () => {
  await network.client.revert({ id: checkpoint });
  checkpoint = await network.client.snapshot();
});

afterAll(() => network?.anvil.stop());

type Options = Partial<SyncParams>;

function run(into: OpenDatabase, options: Options = {}): Promise<Position> {
  return sync({ chain, system, ...into, to: "latest", check: true, log: () => undefined, ...options });
}

const fresh = () => stored(system)();

/** All that the database holds, however it was cut into pages. */
async function contents({ database, deployment }: OpenDatabase) {
  const { pages: _, ...rest } = await dump(database, deployment);
  return rest;
}

/** What somebody holds who reads the chain now, and for the first time. */
async function expectAsIfNew(into: OpenDatabase): Promise<void> {
  const other = await fresh();
  await run(other);
  expect(await contents(into)).toEqual(await contents(other));
}

describe("a sync", () => {
  test("reads the chain to its latest block, and checks it against the contracts there", async () => {
    const into = await fresh();
    const heard: Progress[] = [];
    const position = await run(into, { onProgress: (progress) => heard.push(progress) });
    const { number, hash, timestamp } = await network.client.getBlock();
    expect(position).toEqual({ block: number, hash, time: timestamp, checked: number });
    expect(await readPosition(into.database, into.deployment)).toEqual(position);
    expect(heard.map(({ block }) => block).at(-1)).toBe(number);
    // Final blocks are a page, those that may still be replaced another.
    expect(await recentPages(into.database, into.deployment, { limit: 9 })).toHaveLength(2);
  });

  test("ends at the last final block if that is asked for", async () => {
    const { number } = await network.client.getBlock({ blockTag: "finalized" });
    expect(await run(await fresh(), { to: "finalized" })).toMatchObject({ block: number, checked: number });
  });

  test("goes on from where it was, and reads nothing twice", async () => {
    const into = await fresh();
    const { block } = await run(into);
    await work(network, ben, ether(10), 2n);
    const asked: bigint[] = [];
    const listening = fakeChain(async (call: RpcCall) => {
      const [filter] = (call.params ?? []) as [{ fromBlock?: Hex }];
      if (call.method === "eth_getLogs" && filter.fromBlock) asked.push(BigInt(filter.fromBlock));
      return chain.client.request(call as never);
    });
    await run(into, { chain: listening });
    expect(asked.every((from) => from === block + 1n)).toBe(true);
    await expectAsIfNew(into);
  });

  test("rolls back blocks that were replaced, and reads those in their place", async () => {
    const into = await fresh();
    await run(into);
    await work(network, ben, ether(10), 2n);
    await run(into);
    await network.client.revert({ id: checkpoint });
    checkpoint = await network.client.snapshot();
    await work(network, ada, ether(20), 3n);
    await work(network, ben, ether(7), 4n);
    await network.client.mine({ blocks: 3, interval: 1 });
    const lines: string[] = [];
    await run(into, { log: (line) => lines.push(line) });
    expect(lines).toEqual([
      expect.stringMatching(/^block \d+ was replaced: reading again from block \d+ on$/),
    ]);
    await expectAsIfNew(into);
  });

  test("starts anew where no block of the chain is known", async () => {
    const into = await fresh();
    await run(into);
    const renamed = fakeChain(async (call: RpcCall) =>
      renameHashes(await chain.client.request(call as never)),
    );
    await run(into, { chain: renamed, to: "finalized" });
    await run(into);
    await expectAsIfNew(into);
  });

  test("waits for endpoints that have not seen its latest block, and takes nothing back", async () => {
    const into = await fresh();
    const { block } = await run(into);
    await network.client.revert({ id: checkpoint });
    checkpoint = await network.client.snapshot();
    const { number } = await network.client.getBlock();
    const lagging = fakeChain(async ({ method, params }: RpcCall) => {
      const [which, ...rest] = (params ?? []) as [string];
      const tag = which === "latest" || which === "finalized" ? `0x${(number - 3n).toString(16)}` : which;
      return chain.client.request({ method, params: [tag, ...rest] } as never);
    });
    await expect(run(into, { chain: lagging, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "not-ready",
      message: `the database is at block ${block}, and the endpoints are at ${number - 3n}`,
    });
    expect(await readPosition(into.database, into.deployment)).toMatchObject({ block });
  });

  test("stops when it is told to, and keeps what it has", async () => {
    const into = await fresh();
    const ending = new AbortController();
    const onProgress = () => ending.abort();
    await expect(run(into, { signal: ending.signal, onProgress })).rejects.toMatchObject({
      code: "not-ready",
      message: expect.stringMatching(/^stopped before block \d+$/),
    });
    expect(await readPosition(into.database, into.deployment)).toBeDefined();
    await run(into);
    await expectAsIfNew(into);
  });
});

const selector = (name: (typeof EVENTS)[number]["name"]) =>
  toEventSelector(EVENTS.find((event) => event.name === name) as (typeof EVENTS)[number]);
const REGISTERED = selector("ProverRegistered");
const FULFILLED = selector("Fulfilled");
const isOf = (topic: Hex) => (log: RpcLog) => log.topics[0] === topic;

/** Leaves out one log of an event, counted from the first. */
const without = (topic: Hex, index: number) => (logs: RpcLog[]) => {
  const left = logs.filter(isOf(topic))[index];
  return logs.filter((log) => log !== left);
};

/** What an endpoint may do to logs, and how it is found out. */
const LIES: readonly (readonly [string, RegExp, (logs: RpcLog[]) => RpcLog[]])[] = [
  [
    "a registration is missing",
    /^block \d+: the registration of prover 0x.* is missing from the logs$/,
    without(REGISTERED, 0),
  ],
  [
    "the first fulfilment is missing",
    /^epoch 0: fulfilment 1 is missing from the logs/,
    without(FULFILLED, 0),
  ],
  [
    "the last fulfilment is missing",
    /^epoch 0: fulfilment 2 of 2 is missing from the logs$/,
    without(FULFILLED, 1),
  ],
  ["all are missing", /^2 provers are registered, the logs hold 0$/, () => []],
  [
    "a fulfilment is altered",
    /^epoch 0: the logs of its 2 fulfilments hash to 0x.*: one of them was altered, and `provender audit --epoch 0` says which$/,
    (logs) => {
      const altered = logs.find(isOf(FULFILLED));
      return logs.map((log) => (log === altered ? { ...log, topics: withOther(log.topics) } : log));
    },
  ],
  [
    "two fulfilments have changed places",
    /^(block \d+: the time of a log is|epoch 0: fulfilment 1 is missing)/,
    (logs) => {
      const [first, second] = logs.filter(isOf(FULFILLED));
      if (first === undefined || second === undefined) return logs;
      const { topics, data } = first;
      return logs.map((log) =>
        log === first
          ? { ...log, topics: second.topics, data: second.data }
          : log === second
            ? { ...log, topics, data }
            : log,
      );
    },
  ],
];

/** The same event of another request. */
function withOther([topic = "0x", id = "0x", ...more]: readonly string[]): string[] {
  return [topic, raised(id), ...more];
}

describe("logs of which", () => {
  test.each(LIES)(
    "%s stop it, and are read again from an endpoint that tells the truth",
    async (_, message, lie) => {
      const into = await fresh();
      const liar = lyingChain(network.anvil.rpcUrl, lie);
      await expect(run(into, { chain: liar })).rejects.toMatchObject({
        code: "inconsistent",
        message: expect.stringMatching(message),
      });
      expect(await readPosition(into.database, into.deployment)).toBeUndefined();
      await run(into);
      await expectAsIfNew(into);
    },
  );

  test("one is given twice are taken once", async () => {
    const into = await fresh();
    await run(into, { chain: lyingChain(network.anvil.rpcUrl, (logs) => [...logs, ...logs.slice(0, 1)]) });
    await expectAsIfNew(into);
  });

  test("one is missing since the last check undo nothing that was checked before", async () => {
    const into = await fresh();
    const { block } = await run(into);
    await work(network, ben, ether(10), 2n);
    await network.client.mine({ blocks: 3, interval: 1 });
    const liar = lyingChain(network.anvil.rpcUrl, (logs) => logs.filter((log) => !isOf(FULFILLED)(log)));
    await expect(run(into, { chain: liar })).rejects.toMatchObject({ code: "inconsistent" });
    expect(await readPosition(into.database, into.deployment)).toMatchObject({ block, checked: block });
    await run(into);
    await expectAsIfNew(into);
  });
});

test("a veto that an endpoint conceals stops it", async () => {
  await endEpoch(network);
  const { client, distributor, publisher, guardian } = network;
  const { number, hash } = await client.getBlock({ blockTag: "finalized" });
  const [root, dataset] = [`0x${"66".repeat(32)}`, `0x${"77".repeat(32)}`] as const;
  const contract = { address: distributor, abi: iRewardDistributorAbi } as const;
  const post = { functionName: "postRoot", args: [0n, root, 0n, dataset, number, hash] } as const;
  await confirm(client, client.writeContract({ ...contract, account: publisher, ...post }));
  const veto = { functionName: "veto", args: [await latestContent(network)] } as const;
  await confirm(client, client.writeContract({ ...contract, account: guardian, ...veto }));
  const into = await fresh();
  const liar = lyingChain(network.anvil.rpcUrl, without(selector("RootVetoed"), 0));
  await expect(run(into, { chain: liar })).rejects.toMatchObject({
    code: "inconsistent",
    message: "the veto of posted root 1 is missing from the logs",
  });
  await run(into);
  await expectAsIfNew(into);
});

test("following the chain tells where it is, and what failed, until it is told to stop", async () => {
  const into = await fresh();
  const ending = new AbortController();
  const news: string[] = [];
  let failures = 1;
  const shaky = fakeChain(async (call: RpcCall) => {
    if (failures-- > 0) throw new Error("gone");
    return chain.client.request(call as never);
  });
  await follow(
    {
      ...{ chain: shaky, system, ...into, every: 1, log: () => undefined },
      onEvent({ kind }) {
        news.push(kind);
        if (kind === "synced") ending.abort();
      },
    },
    ending.signal,
  );
  expect(news).toEqual(["failed", "synced"]);
  await expectAsIfNew(into);
});

/** The same chain under other hashes. */
function renameHashes(result: unknown): unknown {
  const text = JSON.stringify(result, (key, value: unknown) =>
    /^(hash|blockHash|parentHash)$/.test(key) && typeof value === "string" ? raised(value as Hex) : value,
  );
  return JSON.parse(text);
}

/** Another value of as many bytes. */
function raised(hex: string): Hex {
  const last = (Number.parseInt(hex.slice(-1), 16) + 1) % 16;
  return `${hex.slice(0, -1)}${last.toString(16)}` as Hex;
}
