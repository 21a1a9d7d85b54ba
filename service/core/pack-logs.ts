// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { asCount } from "./guard.ts";
import { writeHex } from "./hex.ts";
import { keccak256 } from "./keccak.ts";
import { ADDRESS_BYTES, CHECK_BYTES, LISTED, MAX_DATA, MAX_TOPICS, VERSION, WORD } from "./packed-logs.ts";
import type { RawLog } from "./raw-log.ts";
import type { Hex } from "./types.ts";

/**
 * Logs in chain order, in a third of their bytes or less; `unpackLogs` gives the same logs.
 * @throws InputError, naming the first that is no log, or out of order.
 */
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
    out.listed(addresses, log.address, ADDRESS_BYTES, `${field}.address`);
    out.byte(log.topics.length);
    log.topics.forEach((topic, k) => {
      if (k === 0) out.listed(signatures, topic, WORD, `${field}.topics[0]`);
      else if (isAddress(topic)) {
        out.byte(LISTED);
        out.listed(addresses, `0x${topic.slice(PADDING.length)}`, ADDRESS_BYTES, `${field}.topics[${k}]`);
      } else out.word(topic, 0, WORD, `${field}.topics[${k}]`);
    });
    const bytes = (log.data.length - 2) / 2;
    out.number(bytes);
    for (let at = 0; at < bytes; at += WORD) {
      out.word(log.data, at, Math.min(WORD, bytes - at), `${field}.data`);
    }
  });
  return out.sealed();
}

const PADDING = `0x${"0".repeat(2 * (WORD - ADDRESS_BYTES))}`;

/** Whether a topic is as long as addresses are: numbers are shorter, hashes longer. */
function isAddress(topic: Hex): boolean {
  return topic.startsWith(PADDING) && !topic.startsWith("00000000", PADDING.length);
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
  checkBytes(address, `${field}.address`, ADDRESS_BYTES);
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
    "not hexadecimal digits in lower case",
    "write addresses, topics and data in lower case",
  );
}
