// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex } from "viem";

/** One JSON-RPC call. */
export interface Call {
  readonly method: string;
  readonly params?: unknown;
}

/** Where the block stands among a call's parameters. */
const BLOCK_PARAMETER: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_estimateGas: 1,
  eth_getBalance: 1,
  eth_getBlockByNumber: 0,
  eth_getCode: 1,
  eth_getProof: 2,
  eth_getStorageAt: 2,
  eth_getTransactionCount: 1,
};

function parametersOf({ params }: Call): readonly unknown[] {
  return (params ?? []) as readonly unknown[];
}

/** The number of the block that a call's answer is fixed by; undefined if it may change with every block. */
export function pinnedBlock(call: Call): bigint | undefined {
  if (call.method === "eth_getLogs") {
    const { toBlock } = parametersOf(call)[0] as { toBlock?: string };
    return toBlock?.startsWith("0x") ? BigInt(toBlock) : undefined;
  }
  const block = blockOf(call);
  return typeof block === "string" && block.startsWith("0x") && block.length < 66 ? BigInt(block) : undefined;
}

/** The hash of the block that a call's answer is fixed by, if it names one. */
export function pinnedHash(call: Call): string | undefined {
  const [first] = parametersOf(call);
  if (call.method === "eth_getBlockByHash") return first as string;
  if (call.method === "eth_getLogs") return (first as { blockHash?: string }).blockHash;
  const block = blockOf(call);
  return typeof block === "object" && block !== null
    ? (block as { blockHash?: string }).blockHash
    : undefined;
}

function blockOf(call: Call): unknown {
  const position = BLOCK_PARAMETER[call.method];
  return position === undefined ? undefined : parametersOf(call)[position];
}

/** The tag by which a call names its block, "latest" if it names none; undefined where no tag is meant. */
export function blockTag(call: Call): string | undefined {
  if (BLOCK_PARAMETER[call.method] === undefined) return undefined;
  const block = blockOf(call) ?? "latest";
  return typeof block === "string" && !block.startsWith("0x") ? block : undefined;
}

/** The same call as of one block. */
export function pinnedTo(call: Call, block: bigint): Call {
  const params = [...parametersOf(call)];
  params[BLOCK_PARAMETER[call.method] as number] = numberToHex(block);
  return { ...call, params };
}

/** Whether it asks for the logs of more than one block. */
export function spansBlocks(call: Call): boolean {
  if (call.method !== "eth_getLogs") return false;
  const [filter] = parametersOf(call) as [{ fromBlock?: string; toBlock?: string }];
  return filter.fromBlock !== filter.toBlock;
}

/** For messages: what was asked, and of which block. */
export function callText(call: Call): string {
  const block = pinnedBlock(call);
  const hash = pinnedHash(call);
  if (block !== undefined) return `${call.method} at block ${block}`;
  return hash === undefined ? call.method : `${call.method} at block ${hash}`;
}
