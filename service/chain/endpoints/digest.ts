// SPDX-License-Identifier: AGPL-3.0-only
import type { RpcBlock, RpcLog, RpcProof, RpcTransactionReceipt } from "viem";
import type { Call } from "./call.ts";

/** What two endpoints must agree on to have answered alike: nothing that nodes are free to add or leave out. */
export function digestOf({ method }: Call, result: unknown): string {
  if (result === null) return "null";
  if (method === "eth_getLogs") return JSON.stringify((result as RpcLog[]).map(logParts));
  if (method === "eth_getBlockByNumber" || method === "eth_getBlockByHash") {
    const { number, hash, parentHash, timestamp, baseFeePerGas, gasLimit } = result as RpcBlock;
    // The fees that a transaction offers follow from it.
    const prices = [quantity(baseFeePerGas ?? null), quantity(gasLimit ?? null)];
    return JSON.stringify([quantity(number), lower(hash), lower(parentHash), quantity(timestamp), ...prices]);
  }
  if (method === "eth_getTransactionReceipt") {
    const { transactionHash, blockHash, status, logs } = result as RpcTransactionReceipt;
    return JSON.stringify([lower(transactionHash), lower(blockHash), quantity(status), logs.map(logParts)]);
  }
  if (method === "eth_getProof") {
    // Of what is not there, some show nodes, some an empty one, some none; keys come back in many spellings.
    const { nonce, balance, codeHash, storageHash, storageProof } = result as RpcProof;
    const account = [quantity(nonce), quantity(balance), lower(codeHash), lower(storageHash)];
    return JSON.stringify([...account, storageProof.map(({ value }) => quantity(`0x0${value.slice(2)}`))]);
  }
  return JSON.stringify(result).toLowerCase();
}

function logParts({ address, topics, data, blockNumber, blockHash, transactionHash, logIndex }: RpcLog) {
  const where = [quantity(blockNumber), lower(blockHash), lower(transactionHash), quantity(logIndex)];
  return [...where, lower(address), topics.map(lower), lower(data)];
}

function lower(text: string | null): string | null {
  return text === null ? null : text.toLowerCase();
}

/** Some nodes pad quantities. */
function quantity(text: string | null): string | null {
  return text === null ? null : String(BigInt(text));
}
