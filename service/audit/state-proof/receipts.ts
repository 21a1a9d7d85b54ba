// SPDX-License-Identifier: AGPL-3.0-only
import { createMPT } from "@ethereumjs/mpt";
import { bytesToHex, concatBytes, fromRlp, hexToBytes, toRlp } from "viem";
import type { Address, Hex } from "../../core/types.ts";
import { keccakOf } from "../hash.ts";

/** A log as a receipt holds it; its index counts all logs of its block. */
export interface ReceiptLog {
  readonly transactionIndex: number;
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly logIndex: number;
}

/**
 * The logs of a block, from its receipts as JSON-RPC gives them; undefined if these are not what `root` stands for.
 * What a receipt says of itself beyond what is hashed is not looked at.
 */
export async function logsIn(receipts: unknown, root: Hex): Promise<ReceiptLog[] | undefined> {
  if (!Array.isArray(receipts)) return undefined;
  const trie = await createMPT();
  const logs: ReceiptLog[] = [];
  for (const [i, receipt] of receipts.entries()) {
    const encoded = encodedReceipt(receipt);
    if (encoded === undefined) return undefined;
    await trie.put(toRlp(quantity(BigInt(i)), "bytes"), encoded);
    for (const log of logsOf(encoded)) {
      logs.push({ ...log, transactionIndex: i, logIndex: logs.length });
    }
  }
  return bytesToHex(trie.root()) === root ? logs : undefined;
}

/** Deposits of rollups of the OP stack. */
const DEPOSIT = 0x7e;

function encodedReceipt(receipt: unknown): Uint8Array | undefined {
  const given = Object(receipt) as Record<string, unknown>;
  const { type = "0x0", root, logsBloom, logs } = given;
  const state = quantityIn(given.status) ?? root;
  const [kind, gas] = [Number(type), quantityIn(given.cumulativeGasUsed)];
  if (!isHex(state) || gas === undefined || !isHex(logsBloom) || !(kind >= 0 && kind < 0xc0))
    return undefined;
  const list = Array.isArray(logs) ? logs.map(encodedLog) : [undefined];
  if (list.some((log) => log === undefined)) return undefined;
  const added = kind === DEPOSIT ? [given.depositNonce, given.depositReceiptVersion].map(quantityIn) : [];
  const fields = [state, gas, logsBloom, list, ...added.filter((field) => field !== undefined)];
  const body = toRlp(fields as never, "bytes");
  return kind === 0 ? body : concatBytes([Uint8Array.of(kind), body]);
}

function encodedLog(log: unknown): unknown[] | undefined {
  const { address, topics, data } = Object(log) as Record<string, unknown>;
  if (!isHex(address) || !isHex(data) || !Array.isArray(topics) || !topics.every(isHex)) return undefined;
  return [address, topics, data];
}

/** Read back from what is hashed. */
function logsOf(encoded: Uint8Array): Omit<ReceiptLog, "logIndex" | "transactionIndex">[] {
  const isTyped = (encoded[0] as number) < 0xc0;
  const [, , , logs] = fromRlp(isTyped ? encoded.subarray(1) : encoded, "hex") as [Hex, Hex, Hex, never];
  return (logs as [Address, Hex[], Hex][]).map(([address, topics, data]) => ({ address, topics, data }));
}

/** Whether a block with this bloom may hold a log with all these: its address, and topics that it has somewhere. */
export function mayHold(bloom: Hex, items: readonly Hex[]): boolean {
  const bits = hexToBytes(bloom);
  return items.every((item) => {
    const hash = hexToBytes(keccakOf(hexToBytes(item)));
    return [0, 2, 4].every((at) => {
      const bit = (((hash[at] as number) << 8) | (hash[at + 1] as number)) & 2047;
      return ((bits[255 - (bit >> 3)] as number) & (1 << (bit & 7))) !== 0;
    });
  });
}

function isHex(value: unknown): value is Hex {
  return typeof value === "string" && /^0x[0-9a-fA-F]*$/.test(value);
}

function quantityIn(value: unknown): Hex | undefined {
  return isHex(value) && value !== "0x" ? quantity(BigInt(value)) : undefined;
}

function quantity(value: bigint): Hex {
  if (value === 0n) return "0x";
  const digits = value.toString(16);
  return `0x${digits.length % 2 === 0 ? "" : "0"}${digits}`;
}
