// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { concat, type Hex, numberToHex, parseEventLogs, toEventSelector } from "viem";
import { expect, it } from "vitest";
import { eventDecoder } from "../../../service/audit/decode-events.ts";
import { EVENTS } from "../../../service/audit/logs.ts";
import { hexOf } from "../../../service/core/hex.ts";

const { selectors, decode, isLaidOut } = eventDecoder(EVENTS);

/** 32 bytes: any, or a number that fits into what most fields are. */
const word = fc
  .oneof(
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.bigInt(0n, (1n << 95n) - 1n).map((value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex")),
    fc.integer({ min: 0, max: 320 }).map((value) => Buffer.from(value.toString(16).padStart(64, "0"), "hex")),
  )
  .map((bytes) => hexOf(bytes));

const log = fc
  .record({
    selector: fc.oneof(fc.constantFrom(...selectors), word),
    topics: fc.array(word, { maxLength: 3 }),
    data: fc.array(word, { maxLength: 16 }),
    more: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ selector, topics, data, more }) => ({
    topics: [selector, ...topics] as [Hex, ...Hex[]],
    data: `0x${data.map((one) => one.slice(2)).join("")}${hexOf(more).slice(2)}` as Hex,
  }));

/** One log of each event as it should be: few that come by chance hold a text of any length. */
const wellFormed = EVENTS.map((event) => {
  const indexed = event.inputs.filter((input) => input.indexed);
  const rest = event.inputs.filter((input) => !input.indexed);
  const one = numberToHex(1, { size: 32 });
  const words = rest.map(({ type }) =>
    type === "bytes" ? numberToHex(32 * rest.length, { size: 32 }) : one,
  );
  const topics = [toEventSelector(event), ...indexed.map(() => one)] as [Hex, ...Hex[]];
  return { topics, data: concat([...words, numberToHex(0, { size: 32 })]) };
});

function inLowerCase(args: object): object {
  const lower = ([key, value]: [string, unknown]) => [
    key,
    typeof value === "string" ? value.toLowerCase() : value,
  ];
  return Object.fromEntries(Object.entries(args).map(lower));
}

it("logs are decoded, or not, as the library does it, but for addresses in lower case", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(log, (given) => {
      const place = { address: `0x${"01".repeat(20)}`, blockNumber: 1n, logIndex: 0 } as const;
      const [theirs] = parseEventLogs({ abi: EVENTS, logs: [{ ...given, ...place } as never], strict: true });
      const ours = decode(given);
      expect(ours).toEqual(theirs && { eventName: theirs.eventName, args: inLowerCase(theirs.args) });
      seen.add(ours?.eventName ?? "none");
    }),
    { numRuns: 5_000, examples: wellFormed.map((one): [typeof one] => [one]) },
  );
  expect([...seen].sort()).toEqual([...EVENTS.map(({ name }) => name as string), "none"].sort());
});

it("a log is laid out in one way: with no topic or byte more, and no bits where a value has none", () => {
  const ones: Hex = `0x${"f".repeat(64)}`;
  for (const [i, { topics, data }] of wellFormed.entries()) {
    const { name, inputs } = EVENTS[i] as (typeof EVENTS)[number];
    const hasText = inputs.some(({ type }) => type === "bytes");
    const given = { topics, data: hasText ? data : (data.slice(0, -64) as Hex) };
    expect(isLaidOut(given), name).toBe(true);
    expect(isLaidOut({ ...given, topics: [...topics, ones] }), name).toBe(false);
    expect(isLaidOut({ ...given, topics: topics.slice(0, -1) }), name).toBe(false);
    for (const more of ["00", "0".repeat(64)]) {
      expect(isLaidOut({ ...given, data: `${given.data}${more}` }), name).toBe(false);
    }
    expect(isLaidOut({ ...given, data: given.data.slice(0, -64) as Hex }), name).toBe(false);
    const narrow = (type: string) => type === "address" || (type.startsWith("uint") && type !== "uint256");
    inputs
      .filter((input) => input.indexed)
      .forEach(({ type }, k) => {
        const other = { ...given, topics: topics.with(k + 1, ones) };
        expect(isLaidOut(other), `${name} topic ${k + 1}`).toBe(!narrow(type));
      });
    if (hasText) continue;
    inputs
      .filter((input) => !input.indexed)
      .forEach(({ type }, k) => {
        const at = 2 + 64 * k;
        const other = `${given.data.slice(0, at)}${ones.slice(2)}${given.data.slice(at + 64)}` as Hex;
        expect(isLaidOut({ ...given, data: other }), `${name} word ${k}`).toBe(!narrow(type));
      });
  }
});

it("every event is known by the hash of its signature", () => {
  expect(selectors).toEqual(EVENTS.map((event) => toEventSelector(event)));
});
