// SPDX-License-Identifier: AGPL-3.0-only
import {
  type AbiEvent,
  formatLog,
  type GetLogsReturnType,
  getAbiItem,
  numberToHex,
  type PublicClient,
  type RpcLog,
} from "viem";
import type { Address, Hex } from "../core/types.ts";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi, iRewardDistributorAbi } from "./abi.ts";
import { readBlock } from "./blocks.ts";
import { type EventDecoder, eventDecoder } from "./decode-events.ts";
import { flawIn } from "./endpoints/shape.ts";
import { asChainError, ChainError, inconsistent } from "./errors.ts";

/** All that rewards follow from. */
export const EVENTS = [
  getAbiItem({ abi: iProverRegistryAbi, name: "ProverRegistered" }),
  getAbiItem({ abi: iProverRegistryAbi, name: "CommissionChanged" }),
  getAbiItem({ abi: iProofMarketAbi, name: "Fulfilled" }),
  getAbiItem({ abi: iProofMarketAbi, name: "Missed" }),
  getAbiItem({ abi: iProverVaultAbi, name: "ActiveAssetsChanged" }),
  getAbiItem({ abi: iRewardDistributorAbi, name: "SegmentAdded" }),
  getAbiItem({ abi: iRewardDistributorAbi, name: "RootPosted" }),
  getAbiItem({ abi: iRewardDistributorAbi, name: "RootVetoed" }),
  getAbiItem({ abi: iRewardDistributorAbi, name: "Claimed" }),
] as const;

type LogOf<E extends readonly AbiEvent[]> = GetLogsReturnType<undefined, E, true, bigint, bigint>[number];
/** One decoded event of ours, by `eventName`. */
export type ChainLog = LogOf<typeof EVENTS>;

export interface ReadLogsParams {
  readonly client: PublicClient;
  readonly contracts: readonly Address[];
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  /**
   * Whether `toBlock` must be final already (the default), or may be any block. unasked: the caller knows that it is
   * final, or compares what is read with the state of a block.
   */
  readonly finality?: "finalized" | "latest" | "unasked";
}

const FIRST_SPAN = 10_000n;
const LONGEST_SPAN = 200_000n;
/** A page of more logs than this is followed by a smaller one, so that memory stays bounded. */
const FULL_PAGE = 20_000;
/** Providers bound the addresses of one filter. */
const MAX_CONTRACTS = 500;
/** How many blocks of the head are read at a time. */
const HEAD_BLOCKS = 100n;

/**
 * Our events of the given contracts, in chain order. Final blocks are read in spans, which the endpoint's own reader
 * divides further where a provider wants it; blocks that may still be replaced are read one by one, by their hash, so
 * that logs of two forks are never mixed. Whether an endpoint left something out is not known here: see reading.ts.
 */
export function readLogs(params: ReadLogsParams): AsyncGenerator<ChainLog> {
  return readEvents(params, EVENTS);
}

/** The same of any events. */
export async function* readEvents<const E extends readonly AbiEvent[]>(
  params: ReadLogsParams,
  events: E,
): AsyncGenerator<LogOf<E>> {
  const { client, fromBlock, toBlock, finality = "finalized" } = params;
  if (fromBlock > toBlock) return;
  const decoder = eventDecoder(events);
  if (finality === "latest") {
    yield* readHead<LogOf<E>>(params, decoder);
    return;
  }
  if (finality === "finalized") await requireFinal(client, toBlock);
  let span = FIRST_SPAN;
  for (let from = fromBlock; from <= toBlock; ) {
    const to = min(from + span - 1n, toBlock);
    const logs = await readWhere<LogOf<E>>(params, decoder, { fromBlock: from, toBlock: to });
    yield* logs;
    from = to + 1n;
    span = logs.length > FULL_PAGE ? span / 2n + 1n : min(span * 2n, LONGEST_SPAN);
  }
}

async function requireFinal(client: PublicClient, block: bigint): Promise<void> {
  const head = await readBlock(client, "finalized");
  if (block <= head.number) return;
  throw new ChainError(
    "not-ready",
    `block ${block} is not final: the last final one is ${head.number}`,
    "try again later",
  );
}

/** Logs of blocks that hang together: a block whose parent is not the one before it belongs to another fork. */
async function* readHead<Log extends Place>(
  params: ReadLogsParams,
  decoder: EventDecoder,
): AsyncGenerator<Log> {
  const { client, fromBlock, toBlock } = params;
  let parent: Hex | undefined;
  for (let from = fromBlock; from <= toBlock; from += HEAD_BLOCKS) {
    const count = Number(min(HEAD_BLOCKS, toBlock - from + 1n));
    const numbers = Array.from({ length: count }, (_, i) => from + BigInt(i));
    const blocks = await Promise.all(
      numbers.map((blockNumber) => client.getBlock({ blockNumber }).catch((error) => throwOurs(error))),
    );
    for (const { number, hash, parentHash } of blocks) {
      if (parent !== undefined && parentHash !== parent) {
        throw new ChainError(
          "not-ready",
          `block ${number - 1n} was replaced while the head was read`,
          "run it again: the chain has another head now",
        );
      }
      parent = hash;
    }
    const pages = await Promise.all(
      blocks.map(({ hash }) => readWhere<Log>(params, decoder, { blockHash: hash })),
    );
    for (const page of pages) yield* page;
  }
}

type Where = { readonly fromBlock: bigint; readonly toBlock: bigint } | { readonly blockHash: Hex };

interface Place {
  readonly blockNumber: bigint;
  readonly logIndex: number;
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

async function readWhere<Log extends Place>(
  { client, contracts }: ReadLogsParams,
  { selectors, decode }: EventDecoder,
  where: Where,
): Promise<Log[]> {
  const groups: Promise<RpcLog[]>[] = [];
  for (let i = 0; i < contracts.length; i += MAX_CONTRACTS) {
    groups.push(askForLogs(client, where, contracts.slice(i, i + MAX_CONTRACTS), selectors));
  }
  const logs = (await Promise.all(groups)).flat().flatMap((log) => {
    const event = decode(log);
    return event === undefined ? [] : [{ ...formatLog(log), ...event } as unknown as Log];
  });
  logs.sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
  return onceEach(logs);
}

/** What an endpoint gives twice is one log, and two logs in one place are none. */
function onceEach<Log extends Place>(sorted: readonly Log[]): Log[] {
  return sorted.filter((log, i) => {
    const before = sorted[i - 1];
    if (before?.blockNumber !== log.blockNumber || before.logIndex !== log.logIndex) return true;
    if (isSame(before, log)) return false;
    throw inconsistent(`two logs are given in place ${log.logIndex} of block ${log.blockNumber}`);
  });
}

function isSame(a: Place, b: Place): boolean {
  return a.address === b.address && a.data === b.data && a.topics.join() === b.topics.join();
}

/** What any of `addresses` logged, or anybody if none are named, with one of `selectors` for its first topic. */
export async function askForLogs(
  client: PublicClient,
  where: Where,
  addresses: readonly Address[] | undefined,
  selectors: readonly Hex[],
): Promise<RpcLog[]> {
  const blocks =
    "blockHash" in where
      ? { blockHash: where.blockHash }
      : { fromBlock: numberToHex(where.fromBlock), toBlock: numberToHex(where.toBlock) };
  const filter = { ...(addresses && { address: [...addresses] }), topics: [[...selectors]], ...blocks };
  const call = { method: "eth_getLogs", params: [filter] } as const;
  const logs = await client.request(call as never).catch((error) => throwOurs(error));
  // A bundle may hold anything; what endpoints say was looked at before, so that another one could be asked.
  const flaw = flawIn(call, logs);
  if (flaw === undefined) return logs as RpcLog[];
  throw inconsistent(`eth_getLogs is answered with ${flaw}`);
}

function throwOurs(error: unknown): never {
  throw asChainError(error);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
