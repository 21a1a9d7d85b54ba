// SPDX-License-Identifier: AGPL-3.0-only
import { formatBlock, formatTransaction, formatTransactionReceipt, zeroAddress } from "viem";
import type { Call } from "./call.ts";

const QUANTITY = /^0x[0-9a-f]+$/i;
/** A place in the chain, or a time: these are counted in numbers that must stay exact. */
const PLACE = /^0x0*[0-9a-f]{1,13}$/i;
const BYTES = /^0x([0-9a-f]{2})*$/i;
/** Some show a word of zeros without a digit. */
const WORD = /^0x[0-9a-f]{0,64}$/i;
const HASH = /^0x[0-9a-f]{64}$/i;
const STATUS = /^0x0*[01]$/;
const ADDRESS = /^0x[0-9a-f]{40}$/i;

/** What is answered with a number, which some nodes pad. */
export const QUANTITIES: ReadonlySet<string> = new Set([
  "eth_blockNumber",
  "eth_blobBaseFee",
  "eth_chainId",
  "eth_estimateGas",
  "eth_gasPrice",
  "eth_getBalance",
  "eth_getTransactionCount",
  "eth_maxPriorityFeePerGas",
]);

/** What is wrong with an answer before it is asked whether it is true; undefined if it is one to such a call. */
export function flawIn({ method, params }: Call, result: unknown): string | undefined {
  if (QUANTITIES.has(method)) return is(QUANTITY, result) ? undefined : "no number";
  if (method === "eth_call" || method === "eth_getCode") return is(BYTES, result) ? undefined : "no bytes";
  if (method === "eth_sendRawTransaction") return is(HASH, result) ? undefined : "no hash";
  if (method === "eth_getLogs") return flawInLogs(result);
  if (method === "eth_getBlockByNumber") return flawInBlock(result, (params as [string] | undefined)?.[0]);
  if (method === "eth_getBlockByHash") {
    return result === null ? undefined : (flawInBlock(result) ?? flawInHash("block", result, "hash", params));
  }
  if (method === "eth_getProof") return flawInProof(result);
  if (method === "eth_getTransactionByHash") return flawInTransaction(result, params);
  if (method === "eth_getTransactionReceipt") return flawInReceipt(result, params);
  return undefined;
}

/** Of the account, and of each word that was asked for. */
function flawInProof(result: unknown): string | undefined {
  const proof = record(result);
  if (proof === undefined || !Array.isArray(proof.accountProof)) return "no proof";
  const { nonce, balance, codeHash, storageHash, storageProof } = proof;
  if (![nonce, balance].every((value) => is(QUANTITY, value))) return "a proof of a malformed account";
  if (![codeHash, storageHash].every((value) => is(HASH, value))) return "a proof of a malformed account";
  if (!Array.isArray(storageProof)) return "a proof without its words";
  for (const item of storageProof) {
    const word = record(item);
    if (!is(WORD, word?.value) || !Array.isArray(word?.proof)) return "a proof of a malformed word";
  }
  return undefined;
}

function flawInBlock(result: unknown, which?: string): string | undefined {
  if (result === null) return which?.startsWith("0x") ? undefined : `null for ${which}`;
  const block = record(result);
  if (block === undefined) return "no block";
  if (!Array.isArray(block.transactions ?? [])) return "a block without a list of transactions";
  if (!isReadable(formatBlock, block)) return "a block with broken numbers";
  // It has neither number nor hash yet.
  if (which === "pending") return undefined;
  for (const field of ["number", "timestamp"]) {
    if (!is(PLACE, block[field])) return `a block whose ${field} is ${shown(block[field])}`;
  }
  for (const field of ["hash", "parentHash"]) {
    if (!is(HASH, block[field])) return `a block whose ${field} is ${shown(block[field])}`;
  }
  if (which?.startsWith("0x") && BigInt(block.number as string) !== BigInt(which)) {
    return `block ${BigInt(block.number as string)}`;
  }
  return undefined;
}

/** Null while nobody knows it; without a block while none holds it. */
function flawInTransaction(result: unknown, asked: unknown): string | undefined {
  if (result === null) return undefined;
  const transaction = record(result);
  if (!is(HASH, transaction?.hash) || !is(QUANTITY, transaction?.nonce)) return "no transaction";
  if (!is(QUANTITY, transaction?.blockNumber ?? "0x0")) return "a transaction of no block";
  if (!isReadable(formatTransaction, transaction)) return "a transaction with broken numbers";
  return flawInHash("transaction", result, "hash", asked);
}

/** Null until the transaction is in a block. */
function flawInReceipt(result: unknown, asked: unknown): string | undefined {
  if (result === null) return undefined;
  const receipt = record(result);
  if (!is(HASH, receipt?.transactionHash) || !is(PLACE, receipt?.blockNumber)) return "no receipt";
  if (!is(HASH, receipt?.blockHash)) return "a receipt of no block";
  if (!is(STATUS, receipt?.status)) return `a receipt whose status is ${shown(receipt?.status)}`;
  if (!is(ADDRESS, receipt?.contractAddress ?? zeroAddress)) return "a receipt of a contract at no address";
  if (!isReadable(formatTransactionReceipt, receipt)) return "a receipt with broken numbers";
  const flaw = flawInLogs(receipt?.logs);
  return flaw === undefined
    ? flawInHash("receipt", result, "transactionHash", asked)
    : `a receipt with ${flaw}`;
}

/** What is asked for by its hash has that hash. */
function flawInHash(what: string, result: unknown, field: string, asked: unknown): string | undefined {
  const [hash] = asked as [string];
  const given = record(result)?.[field] as string;
  return given.toLowerCase() === hash.toLowerCase() ? undefined : `the ${what} of another hash, ${given}`;
}

/** Whether the library's own reading of an answer, which comes next, ends without an error of the language. */
function isReadable<T>(read: (value: T) => unknown, value: unknown): boolean {
  try {
    read(value as T);
    return true;
  } catch {
    return false;
  }
}

/** Lists of logs that were looked through: whoever passes one on need not do it again. */
const sound = new WeakSet<object>();

function flawInLogs(result: unknown): string | undefined {
  if (!Array.isArray(result)) return "no list of logs";
  if (sound.has(result)) return undefined;
  for (const item of result) {
    const log = record(item);
    if (log === undefined) return "a log that is none";
    for (const field of ["blockNumber", "logIndex"]) {
      if (!is(PLACE, log[field])) return `a log whose ${field} is ${shown(log[field])}`;
    }
    // Nodes may leave these out.
    for (const field of ["transactionIndex", "blockTimestamp"]) {
      if (!is(PLACE, log[field] ?? "0x0")) return `a log whose ${field} is ${shown(log[field])}`;
    }
    for (const field of ["blockHash", "transactionHash"]) {
      // Left out, they name no other block; null, they say that there is none yet.
      if (log[field] !== undefined && !is(HASH, log[field]))
        return `a log whose ${field} is ${shown(log[field])}`;
    }
    if (log.removed === true) return "a log that a reorganisation has removed";
    if (!is(ADDRESS, log.address)) return `a log whose address is ${shown(log.address)}`;
    if (!is(BYTES, log.data)) return `a log whose data is ${shown(log.data)}`;
    const { topics } = log;
    if (!Array.isArray(topics) || !topics.every((topic) => is(HASH, topic)))
      return "a log with broken topics";
  }
  sound.add(result);
  return undefined;
}

function is(pattern: RegExp, value: unknown): boolean {
  return typeof value === "string" && pattern.test(value);
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Not what a list or an object holds: one that is nested deeply enough cannot be written out. */
function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return (JSON.stringify(value) ?? "missing").slice(0, 80);
}
