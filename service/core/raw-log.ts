// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { asCount } from "./guard.ts";
import { hexOf, writeHex } from "./hex.ts";
import { keccak256 } from "./keccak.ts";
import type { Address, Hex } from "./types.ts";

/** A log as an endpoint gives it; small hexadecimal digits, whole numbers below 2^53. */
export interface RawLog {
  readonly address: Address;
  readonly topics: readonly Hex[];
  readonly data: Hex;
  readonly blockNumber: number;
  readonly logIndex: number;
}

// Packed: version, number of logs, the logs, and the first bytes of the hash of all that. A log is the distance to the
// one before (blocks, then index within the block), the number of its address and of its first topic in the order in
// which they first come, the other topics, and the data, both as 32-byte words without their leading zeros. Numbers are
// written seven bits at a time, the lowest first.
const VERSION = 1;
const CHECK_BYTES = 8;
const WORD = 32;
const ADDRESS = 20;
const MAX_TOPICS = 4;
/** No contract of ours logs as much: a policy has at most 16 KiB. */
const MAX_DATA = 1 << 20;

/** Logs in chain order, in a third of their bytes or less; `unpackLogs` gives the same logs. */
export function packLogs(logs: readonly RawLog[]): Uint8Array {
  const out = new Writer();
  const addresses = new Map<string, number>();
  const signatures = new Map<string, number>();
  let before: Pick<RawLog, "blockNumber" | "logIndex"> = { blockNumber: 0, logIndex: -1 };
  out.byte(VERSION);
  out.number(logs.length);
  logs.forEach((log, i) => {
    const field = `logs[${i}]`;
    checkShape(log, field);
    const blocks = log.blockNumber - before.blockNumber;
    const index = blocks === 0 ? log.logIndex - before.logIndex - 1 : log.logIndex;
    if (blocks < 0 || index < 0) {
      throw new InputError(
        "mismatch",
        field,
        `log ${log.logIndex} of block ${log.blockNumber} comes after log ${before.logIndex} of block ${before.blockNumber}`,
        "give each log once, by block number and then by log index",
      );
    }
    before = log;
    out.number(blocks);
    out.number(index);
    out.listed(addresses, log.address, ADDRESS, `${field}.address`);
    out.byte(log.topics.length);
    log.topics.forEach((topic, k) => {
      if (k === 0) out.listed(signatures, topic, WORD, `${field}.topics[0]`);
      else out.word(topic, 0, WORD, `${field}.topics[${k}]`);
    });
    const bytes = (log.data.length - 2) / 2;
    out.number(bytes);
    for (let at = 0; at < bytes; at += WORD) {
      out.word(log.data, at, Math.min(WORD, bytes - at), `${field}.data`);
    }
  });
  return out.sealed();
}

/** The logs as they were packed. */
export function* unpackLogs(packed: Uint8Array): Generator<RawLog> {
  const reader = new LogReader(packed);
  while (reader.next()) {
    const { address, signature, topicCount, dataLength, bytes, blockNumber, logIndex } = reader;
    const topics = Array.from({ length: topicCount }, (_, k) =>
      k === 0 ? (signature as Hex) : hexOf(bytes, WORD * k, WORD * (k + 1)),
    );
    const data = hexOf(bytes, DATA, DATA + dataLength);
    yield { address, topics, data, blockNumber, logIndex };
  }
}

/** Where the data begins in `LogReader.bytes`; topic k begins at `32·k`. */
export const DATA = WORD * MAX_TOPICS;

/** Walks packed logs one by one without making anything of those that nobody looks at. */
export class LogReader {
  blockNumber = 0;
  logIndex = -1;
  address: Address = "0x";
  signature: Hex | undefined = undefined;
  topicCount = 0;
  dataLength = 0;
  /** Topics and data of the current log, until the next one. */
  bytes: Uint8Array = new Uint8Array(1024);
  view = new DataView(this.bytes.buffer);

  readonly #packed: Uint8Array;
  readonly #end: number;
  readonly #addresses: Address[] = [];
  readonly #signatures: Hex[] = [];
  #at = 0;
  #left: number;

  constructor(packed: Uint8Array) {
    this.#packed = packed;
    this.#end = packed.length - CHECK_BYTES;
    if (packed[0] !== VERSION) {
      throw damaged(packed.length === 0 ? "there are none" : `their version is ${packed[0]}, not ${VERSION}`);
    }
    if (this.#end < 1) throw damaged("they are cut off");
    const check = keccak256(packed.subarray(0, this.#end));
    for (let i = 0; i < CHECK_BYTES; i++) {
      if (check[i] !== packed[this.#end + i]) throw damaged("they are not what was written");
    }
    this.#at = 1;
    this.#left = this.#number();
  }

  /** Goes on to the next log; false after the last one. */
  next(): boolean {
    if (this.#left === 0) {
      if (this.#at !== this.#end) throw damaged("there is more than the logs");
      return false;
    }
    this.#left--;
    const blocks = this.#number();
    const index = this.#number();
    this.blockNumber += blocks;
    this.logIndex = blocks === 0 ? this.logIndex + 1 + index : index;
    this.address = this.#listed(this.#addresses, ADDRESS) as Address;
    this.topicCount = this.#byte();
    if (this.topicCount > MAX_TOPICS) throw damaged("a log has more than four topics");
    this.signature = this.topicCount === 0 ? undefined : this.#listed(this.#signatures, WORD);
    for (let k = 1; k < this.topicCount; k++) this.#word(WORD * k, WORD);
    this.dataLength = this.#number();
    if (this.dataLength > MAX_DATA) throw damaged("a log is longer than any");
    this.#makeRoom(DATA + this.dataLength);
    for (let at = 0; at < this.dataLength; at += WORD) {
      this.#word(DATA + at, Math.min(WORD, this.dataLength - at));
    }
    return true;
  }

  #makeRoom(length: number): void {
    if (this.bytes.length >= length) return;
    const larger = new Uint8Array(2 * length);
    larger.set(this.bytes.subarray(0, DATA));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  #byte(): number {
    if (this.#at >= this.#end) throw damaged("they are cut off");
    return this.#packed[this.#at++] as number;
  }

  #number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw damaged("a number is above 2^53");
      if (byte < 128) return value;
    }
  }

  #word(at: number, width: number): void {
    const length = this.#byte();
    if (length > width || this.#at + length > this.#end) throw damaged("a word is cut off");
    const { bytes } = this;
    const packed = this.#packed;
    const from = at + width - length;
    for (let i = at; i < from; i++) bytes[i] = 0;
    for (let i = 0; i < length; i++) bytes[from + i] = packed[this.#at + i] as number;
    this.#at += length;
  }

  #listed(list: Hex[], width: number): Hex {
    const number = this.#number();
    if (number < list.length) return list[number] as Hex;
    if (number > list.length || this.#at + width > this.#end) throw damaged("an address or topic is missing");
    const hex = hexOf(this.#packed, this.#at, this.#at + width);
    this.#at += width;
    list.push(hex);
    return hex;
  }
}

class Writer {
  #bytes = new Uint8Array(1 << 16);
  #at = 0;

  byte(value: number): void {
    this.#makeRoom(1);
    this.#bytes[this.#at++] = value;
  }

  number(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest % 128) + 128);
    this.byte(rest);
  }

  /** `width` bytes of `hex` from byte `from` on, less their leading zeros. */
  word(hex: Hex, from: number, width: number, field: string): void {
    this.#makeRoom(1 + WORD);
    const bytes = this.#bytes;
    const start = this.#at + 1;
    // writeHex begins after two characters, which are the 0x of a whole text.
    const digits =
      from === 0 && hex.length === 2 + 2 * width ? hex : hex.slice(2 * from, 2 * (from + width) + 2);
    if (writeHex(digits, bytes, start) !== "small") throw notHex(field);
    let zeros = 0;
    while (zeros < width && bytes[start + zeros] === 0) zeros++;
    bytes.copyWithin(start, start + zeros, start + width);
    bytes[this.#at] = width - zeros;
    this.#at = start + width - zeros;
  }

  listed(list: Map<string, number>, hex: Hex, width: number, field: string): void {
    const known = list.get(hex);
    this.number(known ?? list.size);
    if (known !== undefined) return;
    list.set(hex, list.size);
    this.#makeRoom(width);
    if (writeHex(hex, this.#bytes, this.#at) !== "small") throw notHex(field);
    this.#at += width;
  }

  sealed(): Uint8Array {
    this.#makeRoom(CHECK_BYTES);
    const check = keccak256(this.#bytes.subarray(0, this.#at));
    this.#bytes.set(check.subarray(0, CHECK_BYTES), this.#at);
    return this.#bytes.slice(0, this.#at + CHECK_BYTES);
  }

  #makeRoom(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#at + length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

function checkShape({ address, topics, data, blockNumber, logIndex }: RawLog, field: string): void {
  asCount(blockNumber, `${field}.blockNumber`);
  asCount(logIndex, `${field}.logIndex`);
  checkBytes(address, `${field}.address`, ADDRESS);
  if (topics.length > MAX_TOPICS) {
    throw new InputError(
      "out-of-range",
      `${field}.topics`,
      `there are ${topics.length}`,
      "a log has at most four",
    );
  }
  for (const [k, topic] of topics.entries()) checkBytes(topic, `${field}.topics[${k}]`, WORD);
  checkBytes(data, `${field}.data`);
  if (data.length > 2 + 2 * MAX_DATA) {
    throw new InputError(
      "out-of-range",
      `${field}.data`,
      `it has more than ${MAX_DATA} bytes`,
      "no contract of ours logs as much",
    );
  }
}

function checkBytes(hex: string, field: string, bytes?: number): void {
  const whole = typeof hex === "string" && hex.startsWith("0x") && hex.length % 2 === 0;
  if (whole && (bytes === undefined || hex.length === 2 + 2 * bytes)) return;
  throw new InputError(
    "invalid",
    field,
    `not ${bytes ?? "whole"} bytes`,
    `give 0x and ${bytes === undefined ? "two" : 2 * bytes} digits${bytes === undefined ? " a byte" : ""}`,
  );
}

function notHex(field: string): InputError {
  return new InputError(
    "invalid",
    field,
    "not small hexadecimal digits",
    "write addresses, topics and data in lower case",
  );
}

function damaged(what: string): InputError {
  return new InputError("invalid", "packed logs", what, "read them from the chain again");
}
