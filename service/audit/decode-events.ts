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
 * As the library's own decoding of logs, which hashes every event's signature anew for each log: with tens of thousands
 * of them that takes longer than all the rest of an audit.
 */
export function eventDecoder(events: readonly AbiEvent[]): EventDecoder {
  const layouts = new Map(
    events.map((event) => {
      const inputs = event.inputs as readonly Named[];
      const indexed = inputs.filter((input) => input.indexed === true);
      const rest = inputs.filter((input) => input.indexed !== true);
      const isOfWords = rest.every(({ type }) => ONE_WORD.test(type));
      return [toEventSelector(event), { eventName: event.name, indexed, rest, isOfWords }] as const;
    }),
  );
  return {
    selectors: [...layouts.keys()],
    decode({ topics: [selector, ...topics], data }) {
      const layout = selector && layouts.get(selector);
      if (!layout || topics.length < layout.indexed.length) return undefined;
      const { eventName, indexed, rest } = layout;
      const args: Record<string, unknown> = {};
      try {
        indexed.forEach((input, i) => {
          [args[input.name]] = decodeAbiParameters([input], topics[i] as Hex);
        });
        const values = rest.length === 0 ? [] : (decodeAbiParameters(rest, data) as readonly unknown[]);
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
/** What takes one word, wherever it is. */
const ONE_WORD = /^(address|bytes32|uint[0-9]+)$/;

/** Whether a word has zeros in front of a value that takes fewer bytes. */
function fits(type: string, word: string): boolean {
  const bits = type === "address" ? 160 : type.startsWith("uint") ? Number(type.slice(4)) : 256;
  return /^0*$/.test(word.slice(0, DIGITS - bits / 4));
}

function isEncoded(inputs: readonly Named[], data: Hex): boolean {
  try {
    return encodeAbiParameters(inputs, decodeAbiParameters(inputs, data)) === data.toLowerCase();
  } catch {
    return false;
  }
}
