// SPDX-License-Identifier: AGPL-3.0-only
import {
  BaseError,
  type GetLogsReturnType,
  getAbiItem,
  HttpRequestError,
  type PublicClient,
  TimeoutError,
} from "viem";
import type { Address } from "../core/types.ts";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi, iRewardDistributorAbi } from "./abi.ts";
import { readBlock } from "./blocks.ts";
import { asChainError, ChainError, isUnreachable } from "./errors.ts";

const EVENTS = [
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

/** One decoded event of ours, by `eventName`. */
export type ChainLog = GetLogsReturnType<undefined, typeof EVENTS, true, bigint, bigint>[number];

export interface ReadLogsParams {
  readonly client: PublicClient;
  readonly contracts: readonly Address[];
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  /** Whether `toBlock` must be final already (the default), or may be any block. */
  readonly finality?: "finalized" | "latest";
}

const FIRST_SPAN = 10_000n;
const LAST_SPAN = 200_000n;
/** Providers bound the addresses of one filter. */
const MAX_CONTRACTS = 500;

/**
 * Our events of the given contracts, in chain order. The range is read in spans that shrink when the endpoint refuses
 * one and grow when it does not. Whether the endpoint left something out is not known here: see history.ts.
 */
export async function* readLogs(params: ReadLogsParams): AsyncGenerator<ChainLog> {
  const { client, contracts, fromBlock, toBlock, finality = "finalized" } = params;
  if (finality === "finalized") {
    const head = await readBlock(client, "finalized");
    if (toBlock > head.number) {
      throw new ChainError(
        "not-ready",
        `block ${toBlock} is not final: the last final one is ${head.number}`,
        "try again later",
      );
    }
  }
  let span = FIRST_SPAN;
  let from = fromBlock;
  while (from <= toBlock) {
    const to = min(from + span - 1n, toBlock);
    let logs: ChainLog[];
    try {
      logs = await readSpan(client, contracts, from, to);
    } catch (error) {
      if (to === from || !mayBeTooMuch(error)) throw asChainError(error);
      span = (to - from + 1n) / 2n;
      continue;
    }
    yield* logs;
    from = to + 1n;
    span = min(span * 2n, LAST_SPAN);
  }
}

async function readSpan(
  client: PublicClient,
  contracts: readonly Address[],
  fromBlock: bigint,
  toBlock: bigint,
): Promise<ChainLog[]> {
  const groups: Promise<ChainLog[]>[] = [];
  for (let i = 0; i < contracts.length; i += MAX_CONTRACTS) {
    const address = contracts.slice(i, i + MAX_CONTRACTS);
    groups.push(client.getLogs({ address, events: EVENTS, fromBlock, toBlock, strict: true }));
  }
  const logs = (await Promise.all(groups)).flat();
  return logs.sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
}

/** Providers say in many ways that a range holds too much; only silence means that asking for less is no help. */
function mayBeTooMuch(error: unknown): boolean {
  if (!isUnreachable(error) || !(error instanceof BaseError)) return true;
  if (error.walk((cause) => cause instanceof TimeoutError) !== null) return true;
  const http = error.walk((cause) => cause instanceof HttpRequestError);
  return http instanceof HttpRequestError && [400, 413, 504].includes(http.status ?? 0);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
