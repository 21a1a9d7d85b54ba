// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, type PublicClient, type RpcLog, toEventSelector } from "viem";
import { AUCTION_TOPICS } from "../core/decode-auctions.ts";
import { EVENT_TOPICS } from "../core/decode-logs.ts";
import { COMMON_VAULT_TOPICS, OWN_VAULT_TOPICS, STAKE_TOPICS } from "../core/decode-stakes.ts";
import { initKeccak } from "../core/keccak.ts";
import { packLogs } from "../core/pack-logs.ts";
import type { RawLog } from "../core/raw-log.ts";
import type { Address, Hex } from "../core/types.ts";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi, iRewardDistributorAbi } from "./abi.ts";
import { askForLogs } from "./ask-for-logs.ts";
import { asChainError, inconsistent } from "./errors.ts";
import { hasAdapter, lower, type System } from "./system.ts";

/** A range of final blocks, or one block of a fork. */
export type Where =
  | { readonly fromBlock: bigint; readonly toBlock: bigint }
  | { readonly block: bigint; readonly blockHash: Hex };

const REGISTERED = toEventSelector(getAbiItem({ abi: iProverRegistryAbi, name: "ProverRegistered" }));
const CHANGED = toEventSelector(getAbiItem({ abi: iProverVaultAbi, name: "ActiveAssetsChanged" }));
const OF_VAULTS = new Set([CHANGED, ...OWN_VAULT_TOPICS, ...COMMON_VAULT_TOPICS]);
const OTHERS = [...EVENT_TOPICS, ...AUCTION_TOPICS, ...STAKE_TOPICS].filter((topic) => !OF_VAULTS.has(topic));
const CLAIMED = toEventSelector(getAbiItem({ abi: iRewardDistributorAbi, name: "Claimed" }));
const OF_DISTRIBUTORS = OTHERS.filter((topic) => topic !== CLAIMED);
const VETOED = toEventSelector(getAbiItem({ abi: iRewardDistributorAbi, name: "RootVetoed" }));
const BIDS = (["Committed", "Revealed"] as const).map((name) =>
  toEventSelector(getAbiItem({ abi: iProofMarketAbi, name })),
);
const AUCTIONS = new Set(AUCTION_TOPICS.filter((topic) => !BIDS.includes(topic)));
/** The logs of which people ask when they were made, or by which transaction, and that don't say it. */
const TIMELESS = new Set([...STAKE_TOPICS, ...AUCTIONS, CLAIMED, VETOED]);

/**
 * Of more vaults than this, those of other contracts that have the same event are left out here, not by the endpoint;
 * where many have it, vaults are named all the same, so many at a time.
 */
const MOST_NAMED = 300;

/**
 * Our events as they came, in chain order. Vaults that these logs register are read, and added to `vaults`.
 * @throws ChainError if they cannot be read, or contradict each other
 */
export async function readRawLogs(
  client: PublicClient,
  { registry, market, distributor }: System,
  vaults: Set<Address>,
  places: readonly Where[],
): Promise<RawLog[]> {
  const everywhere = async (addresses: readonly Address[] | undefined, selectors: readonly Hex[]) =>
    (await Promise.all(places.map((where) => ask(client, where, addresses, selectors)))).flat();
  if (hasAdapter({ registry, market })) {
    // Whoever claims is known to the other network alone.
    const own = await everywhere([distributor], OF_DISTRIBUTORS);
    return withTimes(client, inOrder(own), places);
  }
  const logs = await everywhere([registry, market, distributor], OTHERS);
  for (const { address, topics } of logs) {
    if (address === registry && topics[0] === REGISTERED) vaults.add(addressIn(topics[2]));
  }
  if (vaults.size === 0) return withTimes(client, inOrder(logs), places);
  const named = [...vaults];
  const changes =
    named.length <= MOST_NAMED
      ? [everywhere(named, [...OF_VAULTS])]
      : [
          everywhere(undefined, [CHANGED, ...OWN_VAULT_TOPICS]),
          ...portions(named, MOST_NAMED).map((some) => everywhere(some, COMMON_VAULT_TOPICS)),
        ];
  const ofVaults = (await Promise.all(changes)).flat().filter(({ address }) => vaults.has(address));
  return withTimes(client, inOrder([...logs, ...ofVaults]), places);
}

/**
 * What one contract logged with `selector` for its first topic, in a range of blocks, both ends included, packed as the
 * store's decoders take it. For whoever has no database to find it in.
 * @throws ChainError if it cannot be read, or contradicts itself
 */
export async function readPackedLogs(
  client: PublicClient,
  range: { readonly fromBlock: bigint; readonly toBlock: bigint },
  address: Address,
  selector: Hex,
): Promise<Uint8Array> {
  const [logs] = await Promise.all([ask(client, range, [address], [selector]), initKeccak()]);
  return packLogs(inOrder(logs));
}

function portions<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) =>
    list.slice(i * size, (i + 1) * size),
  );
}

/**
 * Endpoints may leave a log's time out: then their blocks are asked for it. In a range of many blocks those of auctions
 * are left without: there may be as many as fulfilments.
 */
async function withTimes(
  client: PublicClient,
  logs: readonly RawLog[],
  [place]: readonly Where[],
): Promise<RawLog[]> {
  const isFew = place !== undefined && "blockHash" in place;
  const lacks = ({ topics: [topic], time }: RawLog) =>
    time === undefined && TIMELESS.has(topic as Hex) && (isFew || !AUCTIONS.has(topic as Hex));
  const numbers = new Set(logs.filter(lacks).map(({ blockNumber }) => blockNumber));
  if (numbers.size === 0) return [...logs];
  const times = new Map(
    await Promise.all(
      Array.from(numbers, async (number): Promise<[number, number]> => {
        const block = await client
          .getBlock({ blockNumber: BigInt(number) })
          .catch((error) => Promise.reject(asChainError(error)));
        return [number, Number(block.timestamp)];
      }),
    ),
  );
  return logs.map((log) => (lacks(log) ? { ...log, time: times.get(log.blockNumber) } : log));
}

async function ask(
  client: PublicClient,
  where: Where,
  address: readonly Address[] | undefined,
  selectors: readonly Hex[],
): Promise<RawLog[]> {
  const logs = await askForLogs(client, where, address, selectors);
  return logs.map((log) => {
    const topics = log.topics.map((topic) => topic.toLowerCase() as Hex);
    return {
      address: lower(log.address),
      topics,
      data: log.data.toLowerCase() as Hex,
      blockNumber: Number(log.blockNumber),
      logIndex: Number(log.logIndex),
      ...(TIMELESS.has(topics[0] as Hex) && placeOf(log)),
    };
  });
}

function placeOf(log: RpcLog): Pick<RawLog, "time" | "transaction"> {
  const { blockTimestamp, transactionHash } = log as RpcLog & { readonly blockTimestamp?: Hex };
  return {
    time: blockTimestamp === undefined ? undefined : Number(blockTimestamp),
    transaction: transactionHash === null ? undefined : (transactionHash?.toLowerCase() as Hex),
  };
}

/**
 * In chain order, each once: what an endpoint gives twice is one log.
 * @throws ChainError `inconsistent` for two logs in one place
 */
export function inOrder<Log extends RawLog>(logs: readonly Log[]): Log[] {
  const sorted = [...logs].sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
  return sorted.filter((log, i) => {
    const before = sorted[i - 1];
    if (before?.blockNumber !== log.blockNumber || before.logIndex !== log.logIndex) return true;
    if (isSame(before, log)) return false;
    throw inconsistent(`two logs are given in place ${log.logIndex} of block ${log.blockNumber}`);
  });
}

function isSame(a: RawLog, b: RawLog): boolean {
  return a.address === b.address && a.data === b.data && a.topics.join() === b.topics.join();
}

function addressIn(topic: Hex | undefined): Address {
  return `0x${topic?.slice(26)}` as Address;
}
