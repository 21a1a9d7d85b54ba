// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, numberToHex, type PublicClient, type RpcLog, toEventSelector } from "viem";
import { AUCTION_TOPICS } from "../core/decode-auctions.ts";
import { EVENT_TOPICS } from "../core/decode-logs.ts";
import type { RawLog } from "../core/raw-log.ts";
import type { Address, Hex } from "../core/types.ts";
import { iProverRegistryAbi, iProverVaultAbi } from "./abi.ts";
import { flawIn } from "./endpoints/shape.ts";
import { asChainError, inconsistent } from "./errors.ts";
import { lower, type System } from "./system.ts";

/** A range of final blocks, or one block of a fork. */
export type Where =
  | { readonly fromBlock: bigint; readonly toBlock: bigint }
  | { readonly block: bigint; readonly blockHash: Hex };

const REGISTERED = toEventSelector(getAbiItem({ abi: iProverRegistryAbi, name: "ProverRegistered" }));
const CHANGED = toEventSelector(getAbiItem({ abi: iProverVaultAbi, name: "ActiveAssetsChanged" }));
const OTHERS = [...EVENT_TOPICS, ...AUCTION_TOPICS].filter((selector) => selector !== CHANGED);

/** Of more vaults than this, those of other contracts that have the same event are left out here, not by the endpoint. */
const MOST_NAMED = 300;

/** Our events as they came, in chain order. Vaults that these logs register are read, and added to `vaults`. */
export async function readRawLogs(
  client: PublicClient,
  { registry, market, distributor }: System,
  vaults: Set<Address>,
  places: readonly Where[],
): Promise<RawLog[]> {
  const everywhere = async (addresses: readonly Address[] | undefined, selectors: readonly Hex[]) =>
    (await Promise.all(places.map((where) => ask(client, where, addresses, selectors)))).flat();
  const logs = await everywhere([registry, market, distributor], OTHERS);
  for (const { address, topics } of logs) {
    if (address === registry && topics[0] === REGISTERED) vaults.add(addressIn(topics[2]));
  }
  if (vaults.size === 0) return inOrder(logs);
  const changes = await everywhere(vaults.size > MOST_NAMED ? undefined : [...vaults], [CHANGED]);
  return inOrder([...logs, ...changes.filter(({ address }) => vaults.has(address))]);
}

/**
 * What any of `addresses` logged, or anybody if none are named, with one of `selectors` for its first topic, and one of
 * `indexed` for each that follows; null for any.
 */
export async function askForLogs(
  client: PublicClient,
  where: { readonly fromBlock: bigint; readonly toBlock: bigint } | { readonly blockHash: Hex },
  addresses: readonly Address[] | undefined,
  selectors: readonly Hex[],
  indexed: readonly (readonly Hex[] | null)[] = [],
): Promise<RpcLog[]> {
  const blocks =
    "blockHash" in where
      ? { blockHash: where.blockHash }
      : { fromBlock: numberToHex(where.fromBlock), toBlock: numberToHex(where.toBlock) };
  const filter = {
    ...(addresses && { address: [...addresses] }),
    topics: [[...selectors], ...indexed],
    ...blocks,
  };
  const call = { method: "eth_getLogs", params: [filter] } as const;
  const logs = await client.request(call as never).catch((error) => {
    throw asChainError(error);
  });
  // A bundle may hold anything; what endpoints say was looked at before, so that another one could be asked.
  const flaw = flawIn(call, logs);
  if (flaw !== undefined) throw inconsistent(`eth_getLogs is answered with ${flaw}`);
  const named = addresses && new Set<string>(addresses.map(lower));
  const topics = [selectors, ...indexed].map((wanted) => wanted && new Set<string>(wanted));
  for (const log of logs as RpcLog[]) requireAsked(log, where, named, topics);
  return logs as RpcLog[];
}

/** An endpoint that gives what was not asked for is not to be trusted with what was. */
function requireAsked(
  log: RpcLog,
  where: { readonly fromBlock: bigint; readonly toBlock: bigint } | { readonly blockHash: Hex },
  addresses: ReadonlySet<string> | undefined,
  topics: readonly (ReadonlySet<string> | null)[],
): void {
  const address = lower(log.address);
  const block = BigInt(log.blockNumber ?? -1);
  const place = `a log of ${address} in block ${block}`;
  if (log.removed === true) throw inconsistent(`${place} is given that a reorganisation has removed`);
  const asked =
    ("blockHash" in where
      ? log.blockHash === where.blockHash && (!("block" in where) || block === where.block)
      : block >= where.fromBlock && block <= where.toBlock) &&
    (addresses === undefined || addresses.has(address)) &&
    topics.every((wanted, i) => wanted === null || wanted.has(log.topics[i]?.toLowerCase() ?? ""));
  if (!asked) throw inconsistent(`${place} is given that was not asked for`);
}

async function ask(
  client: PublicClient,
  where: Where,
  address: readonly Address[] | undefined,
  selectors: readonly Hex[],
): Promise<RawLog[]> {
  const logs = await askForLogs(client, where, address, selectors);
  return logs.map((log) => ({
    address: lower(log.address),
    topics: log.topics.map((topic) => topic.toLowerCase() as Hex),
    data: log.data.toLowerCase() as Hex,
    blockNumber: Number(log.blockNumber),
    logIndex: Number(log.logIndex),
  }));
}

/** Each once: what an endpoint gives twice is one log, and two logs in one place are none. */
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
