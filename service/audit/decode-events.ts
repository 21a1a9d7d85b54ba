// SPDX-License-Identifier: AGPL-3.0-only
import { type AbiEvent, type AbiParameter, decodeAbiParameters, type Hex, toEventSelector } from "viem";

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
  readonly decode: (log: { readonly topics: readonly Hex[]; readonly data: Hex }) => DecodedEvent | undefined;
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
      return [toEventSelector(event), { eventName: event.name, indexed, rest }] as const;
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
  };
}
