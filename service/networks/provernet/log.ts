// SPDX-License-Identifier: AGPL-3.0-only
import { writeHex } from "../../core/hex.ts";
import { keccakHex } from "../../core/keccak.ts";
import type { RawLog } from "../../core/raw-log.ts";
import type { Hex } from "../../core/types.ts";

/** A log with what else its meaning depends on. */
export interface NetworkLog extends RawLog {
  readonly transactionHash: Hex;
  /** Its block's timestamp; of a transfer to a vault that was not there yet, that of the vault's creation. */
  readonly time: number;
  /** keccak256 of the log as it came: what the fold needs of a long one is only its head. */
  readonly hash: Hex;
  /** Of its data, in characters, before it was cut. */
  readonly length: number;
  /** A transfer to the address of a vault from before its creation: it stands right after that. */
  readonly early: boolean;
}

/** How many logs were read, and what they hash to. */
export interface LogChain {
  readonly count: number;
  readonly hash: Hex;
}

export const NO_LOGS: LogChain = { count: 0, hash: `0x${"0".repeat(64)}` };

/** SPEC 14.2: `keccak256(hash ‖ keccak256(log))`. */
export function chainStep({ count, hash }: LogChain, log: Hex): LogChain {
  const bytes = new Uint8Array(64);
  writeHex(hash, bytes, 0);
  writeHex(log, bytes, 32);
  return { count: count + 1, hash: keccakHex(bytes) };
}

/** SPEC 14.2: keccak256 of block number and log index (8 bytes each), address, number of topics (1 byte), topics, data. */
export function logHash({ blockNumber, logIndex, address, topics, data }: RawLog): Hex {
  const bytes = new Uint8Array(37 + 32 * topics.length + (data.length - 2) / 2);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(blockNumber));
  view.setBigUint64(8, BigInt(logIndex));
  writeHex(address, bytes, 16);
  bytes[36] = topics.length;
  topics.forEach((topic, i) => {
    writeHex(topic, bytes, 37 + 32 * i);
  });
  writeHex(data, bytes, 37 + 32 * topics.length);
  return keccakHex(bytes);
}
