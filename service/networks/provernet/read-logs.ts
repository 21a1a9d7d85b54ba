// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, type PublicClient, type RpcLog } from "viem";
import { askForLogs } from "../../chain/ask-for-logs.ts";
import { flawIn } from "../../chain/endpoints/shape.ts";
import { asChainError, inconsistent } from "../../chain/errors.ts";
import { inOrder, type Where } from "../../chain/raw-logs.ts";
import { lower } from "../../chain/system.ts";
import type { RawLog } from "../../core/raw-log.ts";
import type { Address, Hex } from "../../core/types.ts";
import { ASKED, TOPIC } from "./events.ts";
import { logHash, type NetworkLog } from "./log.ts";
import type { Contracts } from "./open.ts";

/** Of a request's data only the head is kept: its input may have any length. */
export const REQUEST_WORDS = 11;
/** So many addresses are named in one filter; of more, there are several filters. */
const MOST_NAMED = 300;
/** How many blocks are looked through at a time for transfers from before a vault was created. */
const EARLIER_SPAN = 200_000n;
/** How many blocks are asked for at a time: each may come with the hashes of all its transactions. */
const BLOCKS_AT_ONCE = 100;

const ALL_TOPICS = [...new Set(Object.values(ASKED).flatMap((topics) => [...topics]))];

type Found = RawLog & {
  readonly transactionHash: Hex;
  readonly blockHash: Hex | undefined;
  hash: Hex;
  length: number;
};

/**
 * What these contracts logged in some blocks, in chain order, with the blocks' times. `vaults` are those whose
 * transfers are read; it grows as vaults are created, and what went to a new one's address before stands right after
 * its creation.
 * @throws ChainError if they cannot be read, or contradict their blocks
 */
export async function readNetworkLogs(
  client: PublicClient,
  contracts: Contracts,
  vaults: Set<Address>,
  places: readonly Where[],
): Promise<NetworkLog[]> {
  const { factory, stakingController, market, epochRewards, token, startBlock } = contracts;
  const ask = async (addresses: readonly Address[] | undefined, topics: readonly Hex[], ...more: Indexed[]) =>
    (await Promise.all(places.map((where) => find(client, where, addresses, topics, more)))).flat();
  const named = [factory, stakingController, market, ...(epochRewards === null ? [] : [epochRewards])];
  const wanted = new Map<Address, ReadonlySet<Hex>>([
    [factory, ASKED.factory],
    [stakingController, ASKED.controller],
    [market, ASKED.market],
    ...(epochRewards === null ? [] : [[epochRewards, ASKED.epochRewards] as const]),
  ]);
  const logs = (await ask(named, ALL_TOPICS)).filter(({ address, topics }) =>
    wanted.get(address)?.has(topics[0] as Hex),
  );
  const created = logs.filter(
    ({ address, topics }) => address === factory && topics[0] === TOPIC.VaultCreated,
  );
  const fresh = created.map(vaultOf).filter((vault) => !vaults.has(vault));
  for (const vault of fresh) vaults.add(vault);

  const known = [...vaults];
  const [to, from, slashes] = await Promise.all([
    inPortions([...known, market], (some) => ask([token], [TOPIC.Transfer], null, some.map(asTopic))),
    inPortions(known, (some) => ask([token], [TOPIC.Transfer], some.map(asTopic))),
    known.length > MOST_NAMED
      ? ask(undefined, [TOPIC.ControllerSlash]).then((found) =>
          found.filter((log) => vaults.has(log.address)),
        )
      : inPortions(known, (some) => ask(some, [TOPIC.ControllerSlash])),
  ]);
  const first = places.reduce((least, where) => minimum(least, blockOf(where)), blockOf(places[0] as Where));
  const earlier = await inPortions(fresh, (some) => sentBefore(client, token, some, startBlock, first - 1n));
  const all = inOrder([...logs, ...to, ...from, ...slashes]);
  const times = await timesOf(client, all);
  return placed(all, inOrder(earlier), created, times);
}

type Indexed = readonly Hex[] | null;

/** Logs with their times, and after each vault's creation what was sent to its address before. */
function placed(
  logs: readonly Found[],
  earlier: readonly Found[],
  created: readonly Found[],
  times: ReadonlyMap<number, number>,
): NetworkLog[] {
  const creations = new Map(created.map((log) => [vaultOf(log), log]));
  const isEarly = (log: Found) => {
    const creation = log.topics[0] === TOPIC.Transfer ? creations.get(addressIn(log.topics[2])) : undefined;
    return creation !== undefined && isBefore(log, creation);
  };
  const before = new Map<Found, Found[]>();
  for (const log of [...earlier, ...logs.filter(isEarly)]) {
    const creation = creations.get(addressIn(log.topics[2])) as Found;
    const list = before.get(creation) ?? [];
    before.set(creation, list);
    list.push(log);
  }
  const finished = ({ blockHash: _, ...log }: Found, time: number, early: boolean): NetworkLog => ({
    ...log,
    time,
    early,
  });
  return logs.flatMap((log) => {
    if (isEarly(log)) return [];
    const time = times.get(log.blockNumber) as number;
    const sent = before.get(log) ?? [];
    return [finished(log, time, false), ...sent.map((one) => finished(one, time, true))];
  });
}

function isBefore(a: RawLog, b: RawLog): boolean {
  return a.blockNumber < b.blockNumber || (a.blockNumber === b.blockNumber && a.logIndex < b.logIndex);
}

async function sentBefore(
  client: PublicClient,
  token: Address,
  vaults: readonly Address[],
  startBlock: bigint,
  lastBlock: bigint,
): Promise<Found[]> {
  const found: Found[] = [];
  for (let fromBlock = startBlock; fromBlock <= lastBlock; fromBlock += EARLIER_SPAN) {
    const toBlock = minimum(fromBlock + EARLIER_SPAN - 1n, lastBlock);
    const more: Indexed[] = [null, vaults.map(asTopic)];
    found.push(...(await find(client, { fromBlock, toBlock }, [token], [TOPIC.Transfer], more)));
  }
  return found;
}

async function find(
  client: PublicClient,
  where: Where,
  addresses: readonly Address[] | undefined,
  topics: readonly Hex[],
  more: readonly Indexed[],
): Promise<Found[]> {
  const logs = await askForLogs(client, where, addresses, topics, more);
  return logs.map(foundOf);
}

function foundOf(log: RpcLog): Found {
  const raw = {
    address: lower(log.address),
    topics: log.topics.map((topic) => topic.toLowerCase() as Hex),
    data: log.data.toLowerCase() as Hex,
    blockNumber: Number(log.blockNumber),
    logIndex: Number(log.logIndex),
  };
  const { transactionHash, blockHash } = log;
  if (typeof transactionHash !== "string") {
    throw inconsistent(`log ${raw.logIndex} of block ${raw.blockNumber} is given without its transaction`);
  }
  const hash = logHash(raw);
  const data = raw.topics[0] === TOPIC.NewRequest ? headOf(raw.data) : raw.data;
  return {
    ...raw,
    data,
    transactionHash: transactionHash.toLowerCase() as Hex,
    blockHash: blockHash?.toLowerCase() as Hex | undefined,
    hash,
    length: raw.data.length,
  };
}

/** A copy: a part of a long text would keep all of it in memory. */
function headOf(data: Hex): Hex {
  return Buffer.from(data.slice(0, 2 + 64 * REQUEST_WORDS), "latin1").toString("latin1") as Hex;
}

/** The times of the blocks that these logs are of. @throws ChainError if one names another block than there is */
async function timesOf(client: PublicClient, logs: readonly Found[]): Promise<Map<number, number>> {
  const hashes = new Map<number, Hex | undefined>();
  for (const { blockNumber, blockHash } of logs) {
    const before = hashes.get(blockNumber);
    if (before !== undefined && blockHash !== undefined && before !== blockHash) {
      throw inconsistent(`the logs of block ${blockNumber} name two blocks`);
    }
    hashes.set(blockNumber, before ?? blockHash);
  }
  const numbers = [...hashes.keys()];
  const times = new Map<number, number>();
  for (let i = 0; i < numbers.length; i += BLOCKS_AT_ONCE) {
    const some = numbers.slice(i, i + BLOCKS_AT_ONCE);
    const blocks = await Promise.all(some.map((number) => headerOf(client, number)));
    blocks.forEach(({ hash, timestamp }, k) => {
      const number = some[k] as number;
      const named = hashes.get(number);
      if (named !== undefined && named !== hash.toLowerCase()) {
        throw inconsistent(`the logs of block ${number} name ${named}, the block itself is ${hash}`);
      }
      times.set(number, Number(timestamp));
    });
  }
  return times;
}

async function headerOf(client: PublicClient, number: number): Promise<{ hash: Hex; timestamp: Hex }> {
  const call = { method: "eth_getBlockByNumber" as const, params: [numberToHex(number), false] };
  const block = await client.request(call as never).catch((error) => Promise.reject(asChainError(error)));
  const flaw = block === null ? "nothing" : flawIn(call, block);
  if (flaw !== undefined) throw inconsistent(`block ${number} is answered with ${flaw}`);
  return block as unknown as { hash: Hex; timestamp: Hex };
}

async function inPortions<T>(
  addresses: readonly Address[],
  action: (some: readonly Address[]) => Promise<T[]>,
): Promise<T[]> {
  const portions: Promise<T[]>[] = [];
  for (let i = 0; i < addresses.length; i += MOST_NAMED) {
    portions.push(action(addresses.slice(i, i + MOST_NAMED)));
  }
  return (await Promise.all(portions)).flat();
}

function vaultOf({ topics }: RawLog): Address {
  return addressIn(topics[2]);
}

function addressIn(topic: Hex | undefined): Address {
  return `0x${topic?.slice(26)}` as Address;
}

function asTopic(address: Address): Hex {
  return `0x${"0".repeat(24)}${address.slice(2)}`;
}

function blockOf(where: Where): bigint {
  return "block" in where ? where.block : where.fromBlock;
}

function minimum(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
