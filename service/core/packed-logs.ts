// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { hexOf, writeHex } from "./hex.ts";
import { keccak256 } from "./keccak.ts";
import type { RawLog } from "./raw-log.ts";
import type { Address, Hex } from "./types.ts";

// Packed logs: a version, how many logs there are, the logs, and the first bytes of the hash of all that. A log is its
// distance from the one before (in blocks, then in indices of its block), its address, the number of its topics, the
// topics, the length of its data, and the data. Addresses are numbered as they first come, where their bytes follow; so
// are first topics. Other topics and the data are 32-byte words, each as the number of its bytes without leading zeros
// and these bytes; a topic that is an address is the mark 33 and the address's number. Numbers are written seven bits at
// a time, the lowest first.
export const VERSION = 1;
export const CHECK_BYTES = 8;
export const WORD = 32;
export const ADDRESS_BYTES = 20;
/** In place of a word's length: the number of an address follows. */
export const LISTED = WORD + 1;
export const MAX_TOPICS = 4;
/** No contract of ours logs as much: a policy has at most 16 KiB. */
export const MAX_DATA = 1 << 20;

/** The logs as they were packed. @throws InputError if they are cut off, altered or of another version. */
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
  /** Of the topics from 1 on, those that are addresses. */
  readonly addresses: (Address | undefined)[] = [];
  dataLength = 0;
  /** Topics and data of the current log, until the next one. */
  bytes: Uint8Array = new Uint8Array(1024);
  view = new DataView(this.bytes.buffer);
  /** The event that it is taken for, for errors. */
  readAs = "log";

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
    this.address = this.#listed(this.#addresses, ADDRESS_BYTES) as Address;
    this.topicCount = this.#byte();
    if (this.topicCount > MAX_TOPICS) throw damaged("a log has more than four topics");
    this.signature = this.topicCount === 0 ? undefined : this.#listed(this.#signatures, WORD);
    for (let k = 1; k < this.topicCount; k++) this.#topic(k);
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

  #topic(k: number): void {
    const at = WORD * k;
    const length = this.#byte();
    if (length !== LISTED) {
      this.addresses[k] = undefined;
      this.#word(at, WORD, length);
      return;
    }
    const address = this.#listed(this.#addresses, ADDRESS_BYTES);
    this.addresses[k] = address;
    this.bytes.fill(0, at, at + WORD - ADDRESS_BYTES);
    writeHex(address, this.bytes, at + WORD - ADDRESS_BYTES);
  }

  #word(at: number, width: number, length = this.#byte()): void {
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

function damaged(what: string): InputError {
  return new InputError("invalid", "packed logs", what, "read them from the chain again");
}
