// SPDX-License-Identifier: AGPL-3.0-only
import { keccak256, type RpcBlock, type RpcLog, type RpcProof, type RpcTransactionReceipt } from "viem";
import type { Hex } from "../../core/types.ts";
import { sealedOf } from "../header.ts";
import type { Call } from "./call.ts";
import { QUANTITIES } from "./shape.ts";

/** What two endpoints must agree on to have answered alike: nothing that nodes are free to add or leave out. */
export function digestOf({ method }: Call, result: unknown): string {
  if (result === null) return "null";
  if (method === "eth_getLogs") return JSON.stringify((result as RpcLog[]).map(logParts));
  if (isBlockRead(method)) {
    const { number, hash, parentHash, timestamp, baseFeePerGas, gasLimit } = result as RpcBlock;
    // The fees that a transaction offers follow from it.
    const prices = [quantity(baseFeePerGas), quantity(gasLimit)];
    return JSON.stringify([quantity(number), hash, parentHash, quantity(timestamp), ...prices]);
  }
  if (method === "eth_getTransactionReceipt") {
    const { transactionHash, blockHash, blockNumber, status, contractAddress, logs } =
      result as RpcTransactionReceipt;
    const where = [transactionHash, blockHash, quantity(blockNumber)];
    return JSON.stringify([...where, quantity(status), contractAddress ?? null, logs.map(logParts)]);
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
 * What two endpoints that answered alike both say, so that neither spoils what the other gives: of a block that they
 * give with other headers the one that hashes to its hash; nodes of a proof that either shows; logs, `a`, without their
 * times where `b` has others, or none. These are of blocks, which may be asked for.
 */
export function agreedOn({ method }: Call, a: unknown, b: unknown): unknown {
  if (a === null) return a;
  if (isBlockRead(method)) return sealedOf(a as SealedBlock, b as SealedBlock, keccak256);
  if (method === "eth_getProof") return eitherProof(a as RpcProof, b as RpcProof);
  if (method !== "eth_getLogs") return a;
  const others = b as TimedLog[];
  const isSame = ({ blockTimestamp }: TimedLog, i: number) =>
    quantity(blockTimestamp) === quantity(others[i]?.blockTimestamp);
  if ((a as TimedLog[]).every(isSame)) return a;
  return (a as TimedLog[]).map(({ blockTimestamp: _, ...log }) => log);
}

/** Whoever reads them goes by the hash of each. */
function eitherProof(a: RpcProof, b: RpcProof): RpcProof {
  const either = <Node>(ours: readonly Node[], others: readonly Node[] = []) => [
    ...new Set([...ours, ...others]),
  ];
  return {
    ...a,
    accountProof: either(a.accountProof, b.accountProof),
    storageProof: a.storageProof.map((word, i) => ({
      ...word,
      proof: either(word.proof, b.storageProof[i]?.proof),
    })),
  };
}

function isBlockRead(method: string): boolean {
  return method === "eth_getBlockByNumber" || method === "eth_getBlockByHash";
}

type SealedBlock = RpcBlock & { readonly hash: Hex };

type TimedLog = RpcLog & { readonly blockTimestamp?: string };

function logParts({ address, topics, data, blockNumber, blockHash, transactionHash, logIndex }: RpcLog) {
  return [quantity(blockNumber), blockHash, transactionHash, quantity(logIndex), address, topics, data];
}

/** Some nodes pad quantities. */
function quantity(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : String(BigInt(text));
}
