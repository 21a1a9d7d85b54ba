// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, type PublicClient, type RpcLog } from "viem";
import type { Address, Hex } from "../core/types.ts";
import { asChainError, inconsistent } from "./errors.ts";

/**
 * What any of `addresses` logged, or anybody if none are named, with one of `selectors` for its first topic, and one
 * of `indexed` for each that follows; null for any. Both blocks of a range are among them.
 * @throws ChainError if they cannot be read, or are not what was asked for
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
  // Whether it is laid out as logs are was looked at before, so that another endpoint could be asked.
  const named = addresses && new Set<string>(addresses.map((address) => address.toLowerCase()));
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
  const address = log.address.toLowerCase();
  const block = BigInt(log.blockNumber ?? -1);
  const asked =
    ("blockHash" in where
      ? log.blockHash === where.blockHash && (!("block" in where) || block === where.block)
      : block >= where.fromBlock && block <= where.toBlock) &&
    (addresses === undefined || addresses.has(address)) &&
    topics.every((wanted, i) => wanted === null || wanted.has(log.topics[i]?.toLowerCase() ?? ""));
  if (!asked) throw inconsistent(`a log of ${address} in block ${block} is given that was not asked for`);
}
