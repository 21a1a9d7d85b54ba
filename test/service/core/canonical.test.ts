// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assertSameBytes,
  encodeCanonical,
  type Json,
  parseCanonical,
} from "../../../service/core/canonical.ts";
import { InputError } from "../../../service/core/errors.ts";
import { bytesOf, hexOf } from "../../../service/core/hex.ts";
import { refusalOf } from "../helpers/refusal.ts";
import { type CanonicalVectors, readVectors } from "./vectors.ts";

const text = (value: Json) => new TextDecoder().decode(encodeCanonical(value));
const parse = (json: string) => parseCanonical(new TextEncoder().encode(json));

const vectors = readVectors<CanonicalVectors>("canonical");

describe("canonical JSON", () => {
  it.each(vectors.values.map((vector) => [vector.name, vector] as const))(
    "has the bytes of the vector: %s",
    (_, { value, bytes }) => {
      expect(hexOf(encodeCanonical(value))).toBe(bytes);
      expect(parseCanonical(bytesOf(bytes))).toEqual(value);
    },
  );
  it.each(vectors.refused.map(({ name, bytes }) => [name, bytes] as const))(
    "refuses the bytes of the vector: %s",
    (_, bytes) => {
      expect(() => parseCanonical(bytesOf(bytes))).toThrow(InputError);
    },
  );
});

it("canonical JSON sorts keys by UTF-16 code unit at every depth and writes no spaces", () => {
  // The order that RFC 8785 gives for these keys in section 3.2.3.
  const keys = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\ud83d\ude00", "\ufb33"];
  const value = Object.fromEntries(keys.toReversed().map((key) => [key, { b: 1, a: [true, null] }]));
  expect(Object.keys(JSON.parse(text(value)) as object).filter((key) => key !== "1")).toEqual(
    keys.filter((key) => key !== "1"),
  );
  expect(text({ b: 1, a: { d: "x", c: [] } })).toBe('{"a":{"c":[],"d":"x"},"b":1}');
});

it("canonical JSON escapes what RFC 8785 escapes and nothing else", () => {
  expect(text("\u20ac$\u000f\nA'B\"\\/\u007f")).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\/\u007f"');
});

it("canonical JSON is read as it was written", () => {
  const { json } = fc.letrec<{ json: Json; leaf: Json }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      tie("leaf"),
      fc.array(tie("json"), { maxLength: 4 }),
      fc.dictionary(fc.string({ unit: "grapheme" }), tie("json"), { maxKeys: 4 }),
    ),
    leaf: fc.oneof(fc.string({ unit: "grapheme" }), fc.maxSafeInteger(), fc.boolean(), fc.constant(null)),
  }));
  fc.assert(
    fc.property(json, (value) => {
      expect(parseCanonical(encodeCanonical(value))).toEqual(value);
    }),
  );
});

describe("bytes that are not canonical are refused", () => {
  it.each([
    ["a key given twice", '{"a":1,"a":1}'],
    ["a key given twice, in two spellings", '{"a":1,"\\u0061":1}'],
    ["keys out of order", '{"b":1,"a":1}'],
    ["a space", '{"a": 1}'],
    ["a line end", '{"a":1}\n'],
    ["a needless escape", '"\\u0061"'],
    ["an escaped slash", '"\\/"'],
    ["upper-case digits in an escape", '"\\u000F"'],
    ["a fraction", "1.5"],
    ["a whole number written as a fraction", "1.0"],
    ["an exponent", "1e2"],
    ["minus zero", "-0"],
    ["a number beyond 2^53 - 1", "9007199254740993"],
    ["half a surrogate pair", '"\\ud800"'],
    ["a byte order mark", "\ufeff{}"],
    ["nothing", ""],
    ["two values", "{}{}"],
  ])("%s", (_, json) => {
    expect(() => parse(json)).toThrow(/canonical|not JSON|safe integer|surrogate/);
  });

  it("text that is not UTF-8", () => {
    expect(() => parseCanonical(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(/not JSON in UTF-8/);
  });

  it("a list nested beyond reason", () => {
    expect(() => parse("[".repeat(10_000) + "]".repeat(10_000))).toThrow(/nested too deep/);
  });
});

it("canonical JSON refuses values without a JSON form", () => {
  for (const value of [undefined, 1n, Number.NaN, 0.5, () => 1, { a: undefined }]) {
    expect(() => encodeCanonical(value as unknown as Json)).toThrow(/no JSON form|safe integer/);
  }
});

it("canonical JSON keeps a key named __proto__ as a key", () => {
  expect(text(parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}');
});

describe("a refusal says where, what and how to put it right", () => {
  const spelling = "keys are sorted and unique, without spaces, line ends or needless escapes";
  it.each([
    ["a byte that is none of UTF-8", '"\xff"', "$", /^not JSON in UTF-8 \(/, "give canonical JSON"],
    ["a space in the middle", '{"a": 1}', "$", /^differs from its canonical form at character 5$/, spelling],
    ["a space at the end", "[1] ", "$", /^differs from its canonical form at character 3$/, spelling],
    [
      "an escape at the start",
      '"\\u0061"',
      "$",
      /^differs from its canonical form at character 1$/,
      spelling,
    ],
    [
      "a fraction in a list",
      '{"a":[1,0.5]}',
      "$.a[1]",
      /^0.5 is not a safe integer$/,
      "write amounts as decimal strings",
    ],
    [
      "half a pair in a key",
      '{"\\ud800":1}',
      "$",
      /^a string with half a surrogate pair$/,
      "give well-formed Unicode",
    ],
    [
      "half a pair in a value",
      '["","\\ud800"]',
      "$[1]",
      /^a string with half a surrogate pair$/,
      "give well-formed Unicode",
    ],
  ])("%s", (_, json, field, message, hint) => {
    const bytes = Buffer.from(json, json.includes("\xff") ? "latin1" : "utf8");
    const refusal = refusalOf(() => parseCanonical(bytes));
    expect(refusal).toMatchObject({ code: "not-canonical", field, hint });
    expect(refusal.message).toMatch(message);
  });

  it("of what has no JSON form, or is nested too deep", () => {
    const formless = refusalOf(() => encodeCanonical({ a: [{ b: 1n as never }] }));
    expect(formless).toEqual({
      code: "invalid",
      field: "$.a[0].b",
      message: "bigint has no JSON form",
      hint: "give strings, integers, lists and objects",
    });
    const nested = (depth: number, inner: Json): Json => (depth === 0 ? inner : nested(depth - 1, [inner]));
    expect(text(nested(32, 1))).toBe(`${"[".repeat(32)}1${"]".repeat(32)}`);
    const refusal = refusalOf(() => encodeCanonical(nested(33, 1)));
    expect(refusal).toMatchObject({
      code: "invalid",
      message: "nested too deep",
      hint: "nest at most 32 deep",
    });
    const objects = (depth: number, inner: Json): Json =>
      depth === 0 ? inner : objects(depth - 1, { a: inner });
    expect(refusalOf(() => encodeCanonical(objects(33, 1))).field).toBe(`$${".a".repeat(33)}`);
  });

  it("of bytes that read the same and are others", () => {
    const refused = (given: string, canonical: string) =>
      refusalOf(() => assertSameBytes(Buffer.from(given), Buffer.from(canonical), "policy"));
    expect(refused("abX", "abc")).toEqual({
      code: "not-canonical",
      field: "policy",
      message: "differs from its canonical form at byte 2",
      hint: "write addresses and hashes in lower case and every list in its stated order",
    });
    expect(refused("abcd", "abc").message).toContain("at byte 3");
    expect(refused("ab", "abc").message).toContain("at byte 2");
    expect(() => assertSameBytes(Buffer.from("abc"), Buffer.from("abc"), "policy")).not.toThrow();
  });
});
