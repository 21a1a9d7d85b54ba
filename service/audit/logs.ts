// SPDX-License-Identifier: AGPL-3.0-only
import { type AbiEvent, type GetLogsReturnType, getAbiItem, type PublicClient, type RpcLog } from "viem";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi, iRewardDistributorAbi } from "../chain/abi.ts";
import { askForLogs } from "../chain/ask-for-logs.ts";
import { asChainError, ChainError, inconsistent } from "../chain/errors.ts";
import type { Address, Hex } from "../core/types.ts";
import { type EventDecoder, eventDecoder } from "./decode-events.ts";

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

type Decoded<L> = L extends { readonly eventName: infer N; readonly args: infer A }
  ? Placed & { readonly eventName: N; readonly args: A }
  : never;
type LogOf<E extends readonly AbiEvent[]> = Decoded<
  GetLogsReturnType<undefined, E, true, bigint, bigint>[number]
>;
/** One decoded event of ours, by `eventName`. Addresses are in lower case. */
export type ChainLog = LogOf<typeof EVENTS>;

export interface ReadLogsParams {
  readonly client: PublicClient;
  readonly contracts: readonly Address[];
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  /** latest: they may still be replaced, and are read one by one, by their hashes, so that two forks never mix. */
  readonly finality?: "latest" | undefined;
}

const FIRST_SPAN = 10_000n;
const LONGEST_SPAN = 200_000n;
/** Pages become as long as holds about so many logs, so that memory stays bounded. */
const FULL_PAGE = 2_500;
/** At most so many times as long as the one before. */
const GROWTH = 4;
/** Providers bound the addresses of one filter. */
const MAX_CONTRACTS = 500;
/** How many blocks of the head are read at a time. */
const HEAD_BLOCKS = 100n;

/**
 * Our events of the given contracts, in chain order, in spans that the endpoint's own reader divides further where a
 * provider wants it. Whether an endpoint left something out is not known here: see reading.ts.
 * @throws ChainError if they cannot be read, `not-ready` if blocks that are not final were replaced meanwhile
 */
export function readLogs(params: ReadLogsParams): AsyncGenerator<ChainLog> {
  return readEvents(params, EVENTS);
}

/** The same of any events. */
export async function* readEvents<const E extends readonly AbiEvent[]>(
  params: ReadLogsParams,
  events: E,
): AsyncGenerator<LogOf<E>> {
  const { fromBlock, toBlock, finality } = params;
  const decoder = eventDecoder(events);
  if (finality === "latest") {
    yield* readHead<LogOf<E>>(params, decoder);
    return;
  }
  let span = FIRST_SPAN;
  for (let from = fromBlock; from <= toBlock; ) {
    const to = min(from + span - 1n, toBlock);
    const logs = await readWhere<LogOf<E>>(params, decoder, { fromBlock: from, toBlock: to });
    yield* logs;
    from = to + 1n;
    const fitting = (span * BigInt(FULL_PAGE)) / BigInt(Math.max(logs.length, FULL_PAGE / GROWTH));
    span = min(fitting + 1n, LONGEST_SPAN);
  }
}

/** Logs of blocks that hang together: a block whose parent is not the one before it belongs to another fork. */
async function* readHead<Log extends Placed>(
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

/** A log's place, and what it was before it was decoded. */
interface Placed {
  readonly address: Address;
  readonly blockNumber: bigint;
  readonly logIndex: number;
  readonly transactionHash: Hex;
  readonly raw: Pick<RpcLog, "topics" | "data">;
}

async function readWhere<Log extends Placed>(
  { client, contracts }: ReadLogsParams,
  { selectors, decode, isLaidOut }: EventDecoder,
  where: Where,
): Promise<Log[]> {
  const groups: Promise<RpcLog[]>[] = [];
  for (let i = 0; i < contracts.length; i += MAX_CONTRACTS) {
    groups.push(askForLogs(client, where, contracts.slice(i, i + MAX_CONTRACTS), selectors));
  }
  const logs = (await Promise.all(groups)).flat().map((log) => {
    const event = isLaidOut(log) ? decode(log) : undefined;
    if (event !== undefined) {
      const place: Placed = {
        address: log.address.toLowerCase() as Address,
        blockNumber: BigInt(log.blockNumber ?? -1),
        logIndex: Number(log.logIndex),
        transactionHash: log.transactionHash as Hex,
        raw: log,
      };
      return { ...place, ...event } as unknown as Log;
    }
    throw inconsistent(
      `log ${Number(log.logIndex)} of block ${Number(log.blockNumber)} is not laid out as its event is`,
    );
  });
  logs.sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
  return onceEach(logs);
}

/** What an endpoint gives twice is one log, and two logs in one place are none. */
function onceEach<Log extends Placed>(sorted: readonly Log[]): Log[] {
  return sorted.filter((log, i) => {
    const before = sorted[i - 1];
    if (before?.blockNumber !== log.blockNumber || before.logIndex !== log.logIndex) return true;
    if (isSame(before, log)) return false;
    throw inconsistent(`two logs are given in place ${log.logIndex} of block ${log.blockNumber}`);
  });
}

function isSame(a: Placed, b: Placed): boolean {
  return a.address === b.address && a.raw.data === b.raw.data && a.raw.topics.join() === b.raw.topics.join();
}

function throwOurs(error: unknown): never {
  throw asChainError(error);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
