// SPDX-License-Identifier: AGPL-3.0-only
import type { RpcBlock, RpcLog, RpcProof, RpcTransactionReceipt } from "viem";
import type { Call } from "./call.ts";
import { QUANTITIES } from "./shape.ts";

/** What two endpoints must agree on to have answered alike: nothing that nodes are free to add or leave out. */
export function digestOf({ method }: Call, result: unknown): string {
  if (result === null) return "null";
  if (method === "eth_getLogs") return JSON.stringify((result as RpcLog[]).map(logParts));
  if (method === "eth_getBlockByNumber" || method === "eth_getBlockByHash") {
    const { number, hash, parentHash, timestamp, baseFeePerGas, gasLimit } = result as RpcBlock;
    // The fees that a transaction offers follow from it.
    const prices = [quantity(baseFeePerGas), quantity(gasLimit)];
    return JSON.stringify([quantity(number), hash, parentHash, quantity(timestamp), ...prices]);
  }
  if (method === "eth_getTransactionReceipt") {
    const { transactionHash, blockHash, blockNumber, status, logs } = result as RpcTransactionReceipt;
    const where = [transactionHash, blockHash, quantity(blockNumber)];
    return JSON.stringify([...where, quantity(status), logs.map(logParts)]);
  }
  if (method === "eth_getProof") {
    // Of what is not there, some show nodes, some an empty one, some none; keys come back in many spellings.
    const { nonce, balance, codeHash, storageHash, storageProof } = result as RpcProof;
    const account = [quantity(nonce), quantity(balance), codeHash, storageHash];
    return JSON.stringify([...account, storageProof.map(({ value }) => quantity(`0x0${value.slice(2)}`))]);
  }
  return JSON.stringify(QUANTITIES.has(method) ? quantity(result as string) : result);
}

/**
 * What two endpoints that answered alike both say: `a` without the times of logs where `b` has others, or none. They are
 * of blocks, which may be asked for.
 */
export function agreedOn({ method }: Call, a: unknown, b: unknown): unknown {
  if (method !== "eth_getLogs") return a;
  const others = b as TimedLog[];
  const isSame = ({ blockTimestamp }: TimedLog, i: number) =>
    quantity(blockTimestamp) === quantity(others[i]?.blockTimestamp);
  if ((a as TimedLog[]).every(isSame)) return a;
  return (a as TimedLog[]).map(({ blockTimestamp: _, ...log }) => log);
}

type TimedLog = RpcLog & { readonly blockTimestamp?: string };

function logParts({ address, topics, data, blockNumber, blockHash, transactionHash, logIndex }: RpcLog) {
  return [quantity(blockNumber), blockHash, transactionHash, quantity(logIndex), address, topics, data];
}

/** Some nodes pad quantities. */
function quantity(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : String(BigInt(text));
}
