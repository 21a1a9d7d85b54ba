// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, type PublicClient, toEventSelector } from "viem";
import { AUCTION_TOPICS } from "../core/decode-auctions.ts";
import { EVENT_TOPICS } from "../core/decode-logs.ts";
import type { RawLog } from "../core/raw-log.ts";
import type { Address, Hex } from "../core/types.ts";
import { iProverRegistryAbi, iProverVaultAbi } from "./abi.ts";
import { askForLogs } from "./ask-for-logs.ts";
import { inconsistent } from "./errors.ts";
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
