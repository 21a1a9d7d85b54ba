// SPDX-License-Identifier: AGPL-3.0-only
import { type Hex, hexToBytes, keccak256, numberToHex, toRlp } from "viem";
import type { History, Script, ScriptedBlock, ScriptedLog } from "./scripted.ts";

/**
 * The recorded chain under headers of our own: state and receipts roots, blooms and times are the recorded ones, and
 * what was not recorded of a header is made up, so that hashes and links are others.
 */
export function provableScript(history: History, script: Script, receiptsOf = receiptsIn(history)): Script {
  const blocks: ScriptedBlock[] = [];
  for (const block of script.blocks)
    blocks.push(withHeader(block, blocks.at(-1)?.hash ?? `0x${"0".repeat(64)}`));
  const { accounts } = history.proofs;
  return {
    ...script,
    blocks,
    more(method, params) {
      if (method === "eth_getBlockReceipts") return receiptsOf(Number(params[0]));
      if (method !== "eth_getProof") return undefined;
      return accounts.find(({ address }) => address === (params[0] as string).toLowerCase());
    },
  };
}

export function withHeader(block: ScriptedBlock, parentHash: Hex): ScriptedBlock {
  const zero = (bytes: number): Hex => `0x${"0".repeat(2 * bytes)}`;
  const header = {
    ...{ parentHash, sha3Uncles: zero(32), miner: zero(20), stateRoot: block.stateRoot as Hex },
    ...{
      transactionsRoot: zero(32),
      receiptsRoot: block.receiptsRoot as Hex,
      logsBloom: block.logsBloom as Hex,
    },
    ...{ difficulty: "0x0", number: numberToHex(block.number), gasLimit: "0x1c9c380", gasUsed: "0x0" },
    ...{ timestamp: numberToHex(block.timestamp), extraData: "0x", mixHash: zero(32), nonce: zero(8) },
    ...{ baseFeePerGas: "0x7" },
  } as const;
  const quantities = new Set<string>([
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "baseFeePerGas",
  ]);
  const fields = Object.entries(header).map(
    ([name, value]): Hex => (quantities.has(name) ? minimal(value) : (value as Hex)),
  );
  return {
    ...header,
    number: block.number,
    timestamp: block.timestamp,
    hash: keccak256(toRlp(fields)),
  } as never;
}

function minimal(value: string): Hex {
  const digits = BigInt(value) === 0n ? "" : BigInt(value).toString(16);
  return `0x${digits.length % 2 === 0 ? "" : "0"}${digits}`;
}

/** Receipts as JSON-RPC gives them, from what was recorded of them. */
function receiptsIn({ receipts, logs }: Pick<History, "receipts" | "logs">) {
  return (number: number) =>
    receipts
      .filter(([block]) => block === number)
      .map(([, transaction, type, status, gas]) => {
        const own = logs.filter(({ transactionHash }) => transactionHash === transaction);
        return {
          ...{ type: numberToHex(type), status: numberToHex(status), cumulativeGasUsed: gas },
          ...{ logsBloom: bloomOf(own), logs: own },
        };
      });
}

function bloomOf(logs: readonly ScriptedLog[]): Hex {
  const bits = new Uint8Array(256);
  for (const item of logs.flatMap(({ address, topics }) => [address, ...topics])) {
    const hash = hexToBytes(keccak256(item));
    for (const at of [0, 2, 4]) {
      const bit = (((hash[at] as number) << 8) | (hash[at + 1] as number)) % 2048;
      const byte = 255 - Math.floor(bit / 8);
      bits[byte] = (bits[byte] as number) | (1 << (bit % 8));
    }
  }
  return `0x${Buffer.from(bits).toString("hex")}`;
}
