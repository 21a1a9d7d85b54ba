// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, numberToHex, pad, toEventSelector } from "viem";
import { describe, expect, test } from "vitest";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi } from "../../../service/chain/abi.ts";
import { readBlock } from "../../../service/chain/blocks.ts";
import { pageReader } from "../../../service/chain/pages.ts";
import type { System } from "../../../service/chain/system.ts";
import type { Address, Hex } from "../../../service/core/types.ts";
import { fakeChain, type RpcCall } from "../helpers/chain.ts";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const word = (value: number): Hex => numberToHex(value, { size: 32 });
const [REGISTRY, MARKET, DISTRIBUTOR] = [address("01"), address("02"), address("03")];
const [VAULT, STRANGER] = [address("aa"), address("ee")];
const REGISTERED = toEventSelector(getAbiItem({ abi: iProverRegistryAbi, name: "ProverRegistered" }));
const FULFILLED = toEventSelector(getAbiItem({ abi: iProofMarketAbi, name: "Fulfilled" }));
const CHANGED = toEventSelector(getAbiItem({ abi: iProverVaultAbi, name: "ActiveAssetsChanged" }));

const system: System = {
  chainId: 1n,
  distributor: DISTRIBUTOR,
  registry: REGISTRY,
  market: MARKET,
  token: address("04"),
  symbol: "T",
  domain: word(0),
  startBlock: 0n,
  clockStart: 0n,
  epochLength: 100n,
  unbondingDelay: 50n,
  vestingPeriod: 80n,
};

interface Log {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly blockNumber: Hex;
  readonly blockHash: Hex;
  readonly logIndex: Hex;
}

function log(emitter: Address, topics: readonly Hex[], block: number, index: number): Log {
  const where = { blockNumber: numberToHex(block), blockHash: word(block), logIndex: numberToHex(index) };
  return { address: emitter, topics, data: word(index), ...where };
}

const registered = (vault: Address, block: number, index: number) =>
  log(REGISTRY, [REGISTERED, pad(address("bb")), pad(vault)], block, index);
const changed = (vault: Address, block: number, index: number) => log(vault, [CHANGED], block, index);

interface Filter {
  readonly fromBlock?: Hex;
  readonly toBlock?: Hex;
  readonly blockHash?: Hex;
  readonly address?: readonly Address[];
  readonly topics: readonly [readonly Hex[]];
}

/** A chain of blocks whose hashes are their numbers, as an endpoint gives it. */
function chainOf(logs: readonly Log[], hashOf: (block: number) => Hex = word) {
  const filters: Filter[] = [];
  const { client } = fakeChain(async ({ method, params }: RpcCall) => {
    const [first] = params as [string | Filter];
    if (method === "eth_getBlockByNumber") {
      const number = Number(first);
      const hash = hashOf(number);
      return { number: first, hash, parentHash: hashOf(number - 1), timestamp: numberToHex(10 * number) };
    }
    const filter = first as Filter;
    filters.push(filter);
    const [from, to] = [
      Number(filter.fromBlock ?? filter.blockHash),
      Number(filter.toBlock ?? filter.blockHash),
    ];
    return logs.filter(
      ({ address: emitter, topics, blockNumber }) =>
        Number(blockNumber) >= from &&
        Number(blockNumber) <= to &&
        (filter.address === undefined || filter.address.includes(emitter)) &&
        filter.topics[0].includes(topics[0] as Hex),
    );
  });
  return { client, filters };
}

const placesIn = (page: { logs: readonly { blockNumber: number; logIndex: number }[] } | undefined) =>
  page?.logs.map(({ blockNumber, logIndex }) => [blockNumber, logIndex]);

describe("a page of final blocks", () => {
  test("holds the logs of vaults that its own logs register, and of no stranger, in chain order", async () => {
    const all = [
      changed(VAULT, 7, 3),
      changed(VAULT, 5, 2),
      registered(VAULT, 5, 0),
      changed(STRANGER, 6, 1),
    ];
    const { client } = chainOf(all);
    const vaults = new Set<Address>();
    const page = await pageReader(client, system, vaults).final(1n, await readBlock(client, 9n));
    expect(placesIn(page)).toEqual([
      [5, 0],
      [5, 2],
      [7, 3],
    ]);
    expect(page).toMatchObject({ firstBlock: 1n, lastBlock: 9n, lastHash: word(9), lastTime: 90n });
    expect(vaults).toEqual(new Set([VAULT]));
  });

  test("of many vaults is asked for by topic, and what strangers emit is left out", async () => {
    const { client, filters } = chainOf([changed(VAULT, 5, 2), changed(STRANGER, 6, 1)]);
    const vaults = new Set([VAULT]);
    for (let i = 0; i < 300; i++) vaults.add(pad(numberToHex(i + 1), { size: 20 }));
    const page = await pageReader(client, system, vaults).final(1n, await readBlock(client, 9n));
    expect(placesIn(page)).toEqual([[5, 2]]);
    expect(filters.map(({ address: named }) => named?.length)).toEqual([3, undefined, 300, 1]);
  });

  test("holds a log once that an endpoint gives twice", async () => {
    const { client } = chainOf([registered(VAULT, 5, 0), changed(VAULT, 7, 3), changed(VAULT, 7, 3)]);
    const page = await pageReader(client, system, new Set()).final(1n, await readBlock(client, 9n));
    expect(placesIn(page)).toEqual([
      [5, 0],
      [7, 3],
    ]);
  });

  test("is refused if two logs are in one place, or one is where nobody asked", async () => {
    const read = async (logs: readonly Log[]) => {
      const { client } = chainOf(logs);
      return pageReader(client, system, new Set([VAULT])).final(1n, await readBlock(client, 9n));
    };
    const twins = [changed(VAULT, 7, 3), { ...changed(VAULT, 7, 3), data: word(9) }];
    await expect(read(twins)).rejects.toMatchObject({
      code: "inconsistent",
      message: "two logs are given in place 3 of block 7",
    });
    const { client } = fakeChain(async () => [changed(STRANGER, 5, 0)]);
    const last = { number: 9n, hash: word(9), timestamp: 90n };
    await expect(pageReader(client, system, new Set()).final(1n, last)).rejects.toMatchObject({
      code: "inconsistent",
      message: `a log of ${STRANGER} in block 5 is given that was not asked for`,
    });
  });

  test("ends early in a long chain, and the next goes on behind it", async () => {
    const { client } = chainOf([]);
    const reader = pageReader(client, system, new Set());
    const last = await readBlock(client, 100_000n);
    const ends: bigint[] = [];
    for (let from = 0n; from <= last.number; ) {
      const page = await reader.final(from, last);
      expect(page).toMatchObject({ firstBlock: from, lastHash: word(Number(page.lastBlock)) });
      ends.push(page.lastBlock);
      from = page.lastBlock + 1n;
    }
    const early = [99n, 300n, 703n, 1_510n, 3_125n, 6_356n];
    expect(ends).toEqual([...early, 12_819n, 25_746n, 51_601n, 100_000n]);
  });

  test("becomes shorter where there are many logs, so that memory stays bounded", async () => {
    const each = 100;
    const logs = Array.from({ length: 1_000 * each }, (_, i) =>
      log(MARKET, [FULFILLED], Math.floor(i / each), i % each),
    );
    const { client } = chainOf(logs);
    const reader = pageReader(client, system, new Set());
    const last = await readBlock(client, 999n);
    const lengths: number[] = [];
    for (let from = 0n; from <= last.number; ) {
      const page = await reader.final(from, last);
      lengths.push(page.logs.length);
      from = page.lastBlock + 1n;
    }
    expect(Math.max(...lengths.slice(1))).toBeLessThanOrEqual(5_100);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(logs.length);
  });
});

describe("a page of open blocks", () => {
  test("is read block by block by hash, those of vaults registered in it included", async () => {
    const { client, filters } = chainOf([
      registered(VAULT, 5, 0),
      changed(VAULT, 5, 1),
      changed(VAULT, 7, 3),
    ]);
    const page = await pageReader(client, system, new Set()).open(5n, await readBlock(client, 7n), word(4));
    expect(placesIn(page)).toEqual([
      [5, 0],
      [5, 1],
      [7, 3],
    ]);
    expect(page).toMatchObject({ firstBlock: 5n, lastBlock: 7n, lastHash: word(7), lastTime: 70n });
    expect(filters.every(({ blockHash }) => blockHash !== undefined)).toBe(true);
  });

  test("is none if the block before it is of another fork, or one of its own", async () => {
    const read = async (hashOf: (block: number) => Hex, parent: Hex) => {
      const { client } = chainOf([], hashOf);
      return pageReader(client, system, new Set()).open(5n, await readBlock(client, 7n), parent);
    };
    expect(await read(word, word(44))).toBeUndefined();
    let asked = 0;
    const shaky = (block: number) => word(block === 6 && asked++ > 1 ? 66 : block);
    expect(await read(shaky, word(4))).toBeUndefined();
  });

  test("is none if its blocks are replaced before their logs are read, and their hashes unknown", async () => {
    let replaced = false;
    const { client } = fakeChain(async ({ method, params }: RpcCall) => {
      if (method === "eth_getLogs") {
        replaced = true;
        throw Object.assign(new Error("unknown block"), { code: -32_000 });
      }
      const [number] = params as [Hex];
      const hash = word(replaced ? 99 : Number(number));
      return { number, hash, parentHash: word(Number(number) - 1), timestamp: "0x1" };
    });
    const reader = pageReader(client, system, new Set());
    const last = { number: 5n, hash: word(5), timestamp: 1n };
    expect(await reader.open(5n, last, word(4))).toBeUndefined();
    // The same refusal of blocks that are still there is passed on.
    await expect(reader.open(5n, last, word(4))).rejects.toThrow("unknown block");
  });
});
