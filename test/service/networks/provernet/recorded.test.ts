// SPDX-License-Identifier: AGPL-3.0-only
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { getAddress, type Hex, keccak256, toEventSelector } from "viem";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { EXIT } from "../../../../service/cli/exit.ts";
import { initKeccak } from "../../../../service/core/keccak.ts";
import { configFromJson } from "../../../../service/networks/provernet/config.ts";
import { readFigures } from "../../../../service/networks/provernet/figures.ts";
import { openContracts } from "../../../../service/networks/provernet/open.ts";
import { cli } from "../../helpers/cli.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { account } from "./made-logs.ts";
import { chainOf, openReading } from "./reading.ts";
import {
  configOf,
  readHistory,
  type Script,
  type Scripted,
  type ScriptedLog,
  scriptOf,
  serveScript,
} from "./scripted.ts";

const history = readHistory();
const whole = scriptOf(history);
const UPGRADED = toEventSelector("event Upgraded(address indexed implementation)");
let endpoint: Scripted;

beforeAll(async () => {
  endpoint = await serveScript(whole);
});
afterAll(() => endpoint.close());
afterEach(() => {
  endpoint.script = whole;
});

/** The command in a folder of its own, or in one that is there. */
function run(epoch: number, folder: string) {
  const file = join(folder, "network.json");
  writeFileSync(file, JSON.stringify(configOf(history)));
  return cli(
    [
      ...["provers", "--network", "provernet", "--network-config", file, "--epoch", String(epoch), "--json"],
      ...["--rpc", endpoint.rpcUrl, "--data-dir", folder],
    ],
    { cwd: folder },
  );
}

async function figures(epoch: number, folder: string) {
  const { code, stdout, stderr } = await run(epoch, folder);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

/** What the history's README defines; names are for people. */
function expectedOf(epoch: number) {
  const { provers: each, ...rest } = history.expected[epoch];
  return {
    ...rest,
    provers: Object.fromEntries(
      Object.entries(each as Record<string, { name: string }>).map(([prover, { name: _, ...own }]) => [
        prover,
        own,
      ]),
    ),
  };
}

async function expectAll(folder: string): Promise<void> {
  for (const epoch of [1, 2, 3]) {
    const found = await figures(epoch, folder);
    expect(found).toMatchObject(expectedOf(epoch));
    expect(Object.keys(found.provers)).toEqual(Object.keys(expectedOf(epoch).provers).sort());
  }
}

/** The chain up to a block, which is its last final one. */
function upTo(block: number, script: Script = whole): Script {
  return {
    ...script,
    blocks: script.blocks.slice(0, block + 1),
    logs: script.logs.filter(({ blockNumber }) => blockNumber <= block),
  };
}

/** Another chain from a block on: other hashes, and none of the logs. */
function forkedFrom(block: number, script: Script): Script {
  const other = (hash: Hex, number: number): Hex => (number < block ? hash : keccak256(hash));
  return {
    ...script,
    blocks: script.blocks.map((own) => ({
      ...own,
      hash: other(own.hash, own.number),
      parentHash: other(own.parentHash, own.number - 1),
    })),
    logs: script.logs.filter(({ blockNumber }) => blockNumber < block),
  };
}

test("every expected figure is reached, past shares of the token's topic and a second deployment (trap 13)", async () => {
  const folder = temporaryFolder();
  await expectAll(folder);
  const { notVouched } = await figures(3, folder);
  // Every view was answered.
  expect(notVouched.filter((line: string) => line.includes("would say"))).toEqual([]);
});

test("an epoch keeps the window that it was settled with, when its configuration is popped (trap 2)", async () => {
  const { blocks, logs } = history;
  endpoint.script = { ...whole, blocks, logs, stateAt: 297 };
  const folder = temporaryFolder();
  expect(await figures(3, folder)).toMatchObject({ start: 1800007200, length: 7200, provisional: false });
  expect((await figures(3, folder)).notVouched).toContain(
    "the chain has other configurations of epochs than the logs give",
  );
});

test("code that changes stops the next run, and so does another implementation (trap 14)", async () => {
  const folder = temporaryFolder();
  endpoint.script = upTo(250);
  const first = await run(2, folder);
  expect(first.stderr).toContain("pinned the code that was found");
  endpoint.script = { ...whole, code: () => "0x61" };
  const changed = await run(2, folder);
  expect([changed.code, changed.stderr]).toEqual([1, expect.stringContaining("has code that hashes to")]);
  const upgrade = { ...(whole.logs.find(({ topics }) => topics[0] === UPGRADED) as ScriptedLog) };
  const later = {
    ...upgrade,
    topics: [UPGRADED, `0x${"7".padStart(64, "0")}`] as Hex[],
    ...{ blockNumber: 280, logIndex: 500 },
  };
  endpoint.script = { ...whole, logs: [...whole.logs, later] };
  const upgraded = await run(3, folder);
  expect([upgraded.code, upgraded.stderr]).toEqual([
    1,
    expect.stringContaining("was given the implementation"),
  ]);
});

test("what anybody can send is a bound, and less than what is owed is a contradiction (trap 21)", async () => {
  const holding = (extra: bigint): Script => ({
    ...whole,
    views: (to, name, args) => {
      const value = whole.views(to, name, args);
      const ofMarket = (args[0] as string | undefined)?.toLowerCase() === history.contracts.market;
      return name === "balanceOf" && ofMarket ? (value as bigint) + extra : value;
    },
  });
  endpoint.script = holding(1n);
  expect((await run(1, temporaryFolder())).code).toBe(0);
  endpoint.script = holding(-1n);
  const { code, stderr } = await run(1, temporaryFolder());
  expect([code, stderr]).toEqual([1, expect.stringContaining("the market holds")]);
});

test("views that are not answered are said to vouch for nothing, in later runs too", async () => {
  const folder = temporaryFolder();
  endpoint.script = {
    ...whole,
    views: (to, name, args) => (name === "getBidders" ? undefined : whole.views(to, name, args)),
  };
  await run(1, folder);
  endpoint.script = whole;
  expect((await figures(1, folder)).notVouched).toContain("what getBidders would say");
});

test("a request whose input is as long as a page is read like any other (trap 15)", async () => {
  const request = toEventSelector(
    "event NewRequest(bytes32,(uint64,bytes32,bytes32,string,bytes,string,uint32,(uint96,uint96,uint64)))",
  );
  const last = whole.logs.findLast(({ topics }) => topics[0] === request);
  endpoint.script = {
    ...whole,
    logs: whole.logs.map((log) =>
      log === last ? { ...log, data: `${log.data}${"0123".repeat(500_000)}` as Hex } : log,
    ),
  };
  expect(await figures(3, temporaryFolder())).toMatchObject(expectedOf(3));
});

test("an epoch that runs is counted up to the last block read", async () => {
  await initKeccak();
  const script = upTo(190);
  const chain = chainOf(() => script);
  const contracts = await openContracts(chain, configFromJson(configOf(history)));
  const { sources, sync, close } = await openReading(chain, contracts);
  await sync();
  const now = script.blocks.at(-1)?.timestamp as number;
  const figures = await readFigures(sources.database, sources.deployment, contracts, 2, now);
  await close();
  const start = history.expected[2].start as number;
  expect(figures).toMatchObject({ epoch: 2, until: now, window: { start, end: start + 3_600 } });
  for (const { prover, assetSeconds, timeWeightedAssets } of figures?.provers ?? []) {
    const held = (history.vaultAssetsByBlock[prover] as [number, string][]).map(([block, assets]) => ({
      time: Math.max(start, history.blocks[block]?.timestamp as number),
      assets: BigInt(assets),
    }));
    const seconds = held.map(({ time }, i) => Math.max(0, Math.min(held[i + 1]?.time ?? now, now) - time));
    const total = held.reduce((sum, { assets }, i) => sum + assets * BigInt(seconds[i] as number), 0n);
    expect([prover, assetSeconds, timeWeightedAssets]).toEqual([prover, total, total / BigInt(now - start)]);
  }
});

const { token, market, vaultFactory, stakingController } = history.contracts;
const hash = `0x${"1".repeat(64)}`;

test.each<[string, object, string]>([
  ["an address that is none", { market: "0x12" }, "network-config.market"],
  ["a first block that is none", { startBlock: -1 }, "network-config.startBlock"],
  ["a key that is not known", { chain: 1 }, "network-config.chain"],
  ["another chain", { chainId: 1 }, "network-config.chainId"],
  ["no contract there", { stakingController: account(9) }, "network-config.stakingController: there is no"],
  ["another contract", { stakingController: market, market: stakingController }, "is no StakingController"],
  ["the token", { market: token }, "network-config.market: it is the stakingToken"],
  ["the factory", { epochRewards: vaultFactory }, "network-config.epochRewards: it is the vaultFactory"],
  [
    "who logs nothing",
    { market: account(8) },
    "network-config.market: 0x0000000000000000000000000000000000000008",
  ],
  ["a first block after the vaults'", { startBlock: 100 }, "network-config.startBlock"],
  [
    "a first block to come",
    { startBlock: 1_000 },
    "network-config.startBlock: 1000 is past the last block, 296",
  ],
  ["another code", { codeHashes: { market: hash } }, "put its hash into codeHashes"],
  ["a code's name", { codeHashes: { proxy: hash } }, "network-config.codeHashes.proxy"],
  [
    "a code of nobody",
    { epochRewards: null, codeHashes: { epochRewards: hash } },
    "network-config.codeHashes.epo",
  ],
])("a configuration is refused by the field that is wrong: %s", async (_, change, field) => {
  const folder = temporaryFolder();
  const file = join(folder, "wrong.json");
  const contracts = new Set<string>([...Object.values(history.contracts), account(8)]);
  endpoint.script = { ...whole, code: (address) => (contracts.has(address) ? "0x60" : "0x") };
  writeFileSync(file, JSON.stringify({ ...configOf(history), ...change }));
  const flags = ["--network", "provernet", "--network-config", file, "--rpc", endpoint.rpcUrl];
  const { code, stderr } = await cli(["provers", "--epoch", "1", ...flags], { cwd: folder });
  expect(code).toBeGreaterThan(0);
  expect(stderr).toContain(field);
});

test("without EpochRewards its candidates are printed, and none is used", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "network.json");
  writeFileSync(file, JSON.stringify({ ...configOf(history), epochRewards: null }));
  const flags = ["--network", "provernet", "--network-config", file, "--rpc", endpoint.rpcUrl];
  const { code, stderr } = await cli(["sync", ...flags, "--data-dir", folder], { cwd: folder });
  expect([code, stderr]).toEqual([0, expect.stringContaining(getAddress(history.contracts.epochRewards))]);
  const epoch = await cli(["provers", "--epoch", "1", ...flags, "--data-dir", folder], { cwd: folder });
  expect([epoch.code, epoch.stderr]).toEqual([2, expect.stringContaining("epochRewards is null")]);
});

test("every expected figure is reached from a database that was stopped, rolled back and gone on with", async () => {
  const folder = temporaryFolder();
  endpoint.script = upTo(120);
  expect((await run(1, folder)).code).toBe(EXIT.notReady);
  // A job of this chain is under way in the replaced blocks: statements, fees and bids go back too.
  endpoint.script = upTo(190);
  expect((await run(1, folder)).code).toBe(0);
  endpoint.script = forkedFrom(110, upTo(200));
  await run(1, folder);
  endpoint.script = upTo(150);
  await run(1, folder);
  endpoint.script = whole;
  await expectAll(folder);
});

test("whoever is stopped between any two pages goes on from there", async () => {
  const folder = temporaryFolder();
  for (let block = 10; block < whole.blocks.length; block += 89) {
    endpoint.script = upTo(block);
    const { code, stderr } = await run(3, folder);
    expect([EXIT.notReady, EXIT.usage], stderr).toContain(code);
  }
  endpoint.script = whole;
  const before = endpoint.calls.get("eth_getLogs") ?? 0;
  await expectAll(folder);
  // Only what is new was asked for.
  expect((endpoint.calls.get("eth_getLogs") ?? 0) - before).toBeLessThan(8);
});
