// SPDX-License-Identifier: AGPL-3.0-only
import {
  type AbiEvent,
  type AbiParameter,
  decodeAbiParameters,
  encodeAbiParameters,
  type Hex,
  toEventSelector,
} from "viem";

/** What an event's log holds beside its place. */
interface DecodedEvent {
  readonly eventName: string;
  readonly args: Readonly<Record<string, unknown>>;
}

type Named = AbiParameter & { readonly name: string; readonly indexed?: boolean };

export interface EventDecoder {
  /** The first topics of the events that are decoded. */
  readonly selectors: readonly Hex[];
  /** Undefined where a log is none of these events, or is not laid out as its event says. */
  readonly decode: (log: RawEvent) => DecodedEvent | undefined;
  /** Whether a log of one of these events is laid out as a contract lays it out, and in no other way that reads alike. */
  readonly isLaidOut: (log: RawEvent) => boolean;
}

interface RawEvent {
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

/**
 * As the library's own decoding of logs, but for addresses, which are in lower case: it hashes every event's signature anew
 * for each log, and reads word by word through a cursor; with tens of thousands of logs that takes longer than all the rest.
 */
export function eventDecoder(events: readonly AbiEvent[]): EventDecoder {
  const layouts = new Map(
    events.map((event) => {
      const inputs = event.inputs as readonly Named[];
      const indexed = inputs.filter((input) => input.indexed === true);
      const rest = inputs.filter((input) => input.indexed !== true);
      const isOfWords = rest.every(({ type }) => ONE_WORD.test(type));
      const readers = { indexed: indexed.map(readerOf), rest: rest.map(readerOf) };
      return [toEventSelector(event), { eventName: event.name, indexed, rest, isOfWords, readers }] as const;
    }),
  );
  return {
    selectors: [...layouts.keys()],
    decode({ topics: [selector, ...topics], data }) {
      const layout = selector && layouts.get(selector);
      if (!layout || topics.length < layout.indexed.length) return undefined;
      const { eventName, indexed, rest, isOfWords, readers } = layout;
      const args: Record<string, unknown> = {};
      indexed.forEach(({ name }, i) => {
        args[name] = readers.indexed[i]?.((topics[i] as Hex).slice(2));
      });
      if (isOfWords) {
        if (data.length < 2 + DIGITS * rest.length) return undefined;
        rest.forEach(({ name }, i) => {
          args[name] = readers.rest[i]?.(data.slice(2 + DIGITS * i, 2 + DIGITS * (i + 1)));
        });
        return { eventName, args };
      }
      try {
        const values = decodeAbiParameters(rest, data) as readonly unknown[];
        rest.forEach(({ name }, i) => {
          args[name] = values[i];
        });
      } catch {
        return undefined;
      }
      return { eventName, args };
    },
    isLaidOut({ topics: [selector, ...topics], data }) {
      const layout = selector && layouts.get(selector.toLowerCase() as Hex);
      if (!layout || topics.length !== layout.indexed.length) return false;
      const { indexed, rest, isOfWords } = layout;
      const words = data.slice(2);
      if (indexed.some(({ type }, i) => !fits(type, topics[i]?.slice(2) ?? ""))) return false;
      if (!isOfWords) return isEncoded(rest, data);
      if (words.length !== DIGITS * rest.length) return false;
      return rest.every(({ type }, i) => fits(type, words.slice(DIGITS * i, DIGITS * (i + 1))));
    },
  };
}

const DIGITS = 64;
const ZEROS = "0".repeat(DIGITS);
/** What takes one word, wherever it is. */
const ONE_WORD = /^(address|bytes32|uint[0-9]+)$/;

/** What a word holds, by its type. @throws RangeError for a number that the library would not give as a bigint */
function readerOf({ type }: Named): (word: string) => unknown {
  if (type === "address") return (word) => `0x${word.slice(24).toLowerCase()}`;
  if (type === "bytes32") return (word) => `0x${word}`;
  if (Number(type.slice(4)) <= MOST_BITS_OF_NUMBER) throw new RangeError(`no event of ours has a ${type}`);
  return (word) => BigInt(`0x${word}`);
}

const MOST_BITS_OF_NUMBER = 48;

/** Whether a word has zeros in front of a value that takes fewer bytes. */
function fits(type: string, word: string): boolean {
  const bits = type === "address" ? 160 : type.startsWith("uint") ? Number(type.slice(4)) : 256;
  return bits === 256 || word.startsWith(ZEROS.slice(0, DIGITS - bits / 4));
}

function isEncoded(inputs: readonly Named[], data: Hex): boolean {
  try {
    return encodeAbiParameters(inputs, decodeAbiParameters(inputs, data)) === data.toLowerCase();
  } catch {
    return false;
  }
}
