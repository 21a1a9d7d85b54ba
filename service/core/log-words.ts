// SPDX-License-Identifier: AGPL-3.0-only
import type { Logged } from "./chain-event.ts";
import { InputError } from "./errors.ts";
import { hexOf } from "./hex.ts";
import { DATA, LogReader, WORD } from "./packed-logs.ts";
import type { Address, Hex } from "./types.ts";

export type Words = Pick<LogReader, "bytes" | "view">;

/** How one event is laid out: its topics (the signature's among them), the words of its data, and how to read them. */
export interface Layout<Event> {
  readonly name: string;
  readonly topics: number;
  /** Of the data; if the last argument has any length, those before it and its own. */
  readonly words: number;
  readonly dynamic?: true;
  readonly read: (log: LogReader) => Event;
}

/** By the first topic. */
export type Layouts<Event> = Readonly<Record<Hex, Layout<Event>>>;

/**
 * Events with these layouts among packed logs, in chain order; what else is there is passed over.
 * @throws InputError for a log that is not laid out as its event is.
 */
export function* decodeBy<Event>(layouts: Layouts<Event>, packed: Uint8Array): Generator<Logged<Event>> {
  const log = new LogReader(packed);
  while (log.next()) {
    const layout = log.signature === undefined ? undefined : layouts[log.signature];
    if (layout === undefined) continue;
    log.readAs = layout.name;
    checkLayout(log, layout);
    const { address, blockNumber, logIndex } = log;
    yield { address, blockNumber, logIndex, event: layout.read(log) };
  }
}

/** @throws InputError for a log that has another number of topics, or of bytes. */
export function checkLayout(
  log: LogReader,
  { topics, words, dynamic }: Pick<Layout<unknown>, "topics" | "words" | "dynamic">,
): void {
  if (log.topicCount !== topics) throw malformed(log, `${log.topicCount} topics instead of ${topics}`);
  const length = dynamic ? WORD * words + dynamicLength(log, words) : WORD * words;
  if (log.dataLength !== length) throw malformed(log, `${log.dataLength} bytes of data instead of ${length}`);
}

/** Where a word of the data is. */
export function data(word: number): number {
  return DATA + WORD * word;
}

/** The 32 bytes from `at` on. */
export function word({ bytes }: Words, at: number): Hex {
  return hexOf(bytes, at, at + WORD);
}

/** The address in topic `k`. @throws InputError if it holds more than an address. */
export function address(log: LogReader, k: number): Address {
  return log.addresses[k] ?? addressAt(log, WORD * k);
}

/** The address in the 32 bytes from `at` on. @throws InputError if they hold more than an address. */
export function addressAt(log: LogReader, at: number): Address {
  return low20(log, at, "an address");
}

/** The last 20 bytes of a word. @throws InputError if it holds more. */
export function low20(log: LogReader, at: number, what: string): Hex {
  const { bytes } = log;
  for (let i = at; i < at + WORD - 20; i++) {
    if (bytes[i] !== 0) throw malformed(log, `${what} of more than 20 bytes`);
  }
  return hexOf(bytes, at + WORD - 20, at + WORD);
}

/** The 32 bytes from `at` on, as a big-endian number. */
export function uint({ view }: Pick<Words, "view">, at: number): bigint {
  // Most numbers are small, and a bigint of 256 bits is dear.
  if ((view.getUint32(at + 16) | view.getUint32(at + 20)) === 0 && view.getBigUint64(at + 8) === 0n) {
    if (view.getBigUint64(at) === 0n) return view.getBigUint64(at + 24);
  }
  const high = (view.getBigUint64(at) << 64n) | view.getBigUint64(at + 8);
  return (high << 128n) | (view.getBigUint64(at + 16) << 64n) | view.getBigUint64(at + 24);
}

/** The length of the last argument and its bytes, padded to whole words, which follow `words` words. */
function dynamicLength(log: LogReader, words: number): number {
  const length = log.dataLength < WORD * (words + 1) ? 0n : uint(log, data(words));
  if (length > BigInt(log.dataLength)) throw malformed(log, "an argument that is cut off");
  return WORD * (1 + Math.ceil(Number(length) / WORD));
}

/** The last argument, whose place is named by word `index` of the data. @throws InputError for another place. */
export function dynamicBytes(log: LogReader, index: number): Uint8Array {
  const place = uint(log, data(index));
  if (place !== BigInt(WORD * (index + 1)))
    throw malformed(log, "an argument at another place than the encoder's");
  const from = data(index + 2);
  return log.bytes.slice(from, from + Number(uint(log, data(index + 1))));
}

function malformed(log: LogReader, what: string): InputError {
  return new InputError(
    "invalid",
    `log ${log.logIndex} of block ${log.blockNumber}`,
    `${log.readAs} with ${what}`,
    "the endpoint alters logs, or the address is not a contract of ours: use another endpoint",
  );
}
