// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import {
  asAddress,
  asArray,
  asCount,
  asDecimal,
  asHash,
  asObject,
  asRecord,
  asUint,
  MAX_UINT256,
} from "../../../service/core/guard.ts";
import { refusalOf } from "../helpers/refusal.ts";

const ADDRESS = `0x${"aB".repeat(20)}`;
const HASH = `0x${"Cd".repeat(32)}`;

it("what is right is returned, hexadecimal digits in lower case", () => {
  expect(asAddress(ADDRESS, "f")).toBe(ADDRESS.toLowerCase());
  expect(asHash(HASH, "f")).toBe(HASH.toLowerCase());
  expect([asUint(0n, "f"), asUint(MAX_UINT256, "f"), asUint(3n, "f", 3n, 3n)]).toEqual([0n, MAX_UINT256, 3n]);
  const largest = Number.MAX_SAFE_INTEGER;
  expect([asCount(0, "f"), asCount(largest, "f"), asCount(3, "f", 3, 3)]).toEqual([0, largest, 3]);
  expect([asDecimal("0", "f"), asDecimal("10", "f", 10n, 10n)]).toEqual([0n, 10n]);
  expect(asDecimal(String(MAX_UINT256), "f")).toBe(MAX_UINT256);
  expect(asObject({ a: 1 }, "f")).toEqual({ a: 1 });
  expect(asArray([1], "f")).toEqual([1]);
  expect(asRecord({ a: 1, b: 2 }, "f", ["a"], ["b", "c"])).toEqual({ a: 1, b: 2 });
});

const TWENTY = "give 0x and 40 hexadecimal digits";
const THIRTY_TWO = "give 0x and 64 hexadecimal digits";
const BIGINT = "amounts and times are bigint, never number";
const WHOLE = "counts and basis points are whole numbers";
const DECIMAL = 'write whole numbers as strings without leading zeros, such as "100"';
const OBJECT = "give a JSON object";

describe("what is wrong is said, with its remedy", () => {
  it.each<[string, () => unknown, string, string, string]>([
    ["a short address", () => asAddress("0x12", "f"), "invalid", 'not an address: "0x12"', TWENTY],
    [
      "an address with more before it",
      () => asAddress(`x${ADDRESS}`, "f"),
      "invalid",
      `not an address: "x${ADDRESS}"`,
      TWENTY,
    ],
    [
      "an address with more behind it",
      () => asAddress(`${ADDRESS}0`, "f"),
      "invalid",
      `not an address: "${ADDRESS}0"`,
      TWENTY,
    ],
    ["an address that is no text", () => asAddress(5, "f"), "invalid", "not an address: 5", TWENTY],
    [
      "a hash with more before it",
      () => asHash(`x${HASH}`, "f"),
      "invalid",
      `not 32 bytes: "x${HASH}"`,
      THIRTY_TWO,
    ],
    [
      "a hash with more behind it",
      () => asHash(`${HASH}0`, "f"),
      "invalid",
      `not 32 bytes: "${HASH}0"`,
      THIRTY_TWO,
    ],
    ["a hash that is nothing", () => asHash(null, "f"), "invalid", "not 32 bytes: null", THIRTY_TWO],
    ["a number for an amount", () => asUint(1, "f"), "invalid", "not a bigint: 1", BIGINT],
    [
      "an amount below 0",
      () => asUint(-1n, "f"),
      "out-of-range",
      "-1 is out of range",
      `give a value from 0 to ${MAX_UINT256}`,
    ],
    [
      "an amount of 2^256",
      () => asUint(MAX_UINT256 + 1n, "f"),
      "out-of-range",
      `${MAX_UINT256 + 1n} is out of range`,
      `give a value from 0 to ${MAX_UINT256}`,
    ],
    [
      "an amount outside given bounds",
      () => asUint(1n, "f", 9n, 2n),
      "out-of-range",
      "1 is out of range",
      "give a value from 2 to 9",
    ],
    ["half a count", () => asCount(0.5, "f"), "invalid", "not a whole number: 0.5", WHOLE],
    ["a count in a text", () => asCount("1", "f"), "invalid", 'not a whole number: "1"', WHOLE],
    [
      "a count outside given bounds",
      () => asCount(10, "f", 9, 2),
      "out-of-range",
      "10 is out of range",
      "give a value from 2 to 9",
    ],
    [
      "a count below given bounds",
      () => asCount(1, "f", 9, 2),
      "out-of-range",
      "1 is out of range",
      "give a value from 2 to 9",
    ],
    ["a leading zero", () => asDecimal("01", "f"), "invalid", 'not a decimal string: "01"', DECIMAL],
    ["a sign", () => asDecimal("-1", "f"), "invalid", 'not a decimal string: "-1"', DECIMAL],
    ["a digit and a letter", () => asDecimal("1a", "f"), "invalid", 'not a decimal string: "1a"', DECIMAL],
    ["a decimal that is a bigint", () => asDecimal(1n, "f"), "invalid", "not a decimal string: 1", DECIMAL],
    [
      "a decimal outside given bounds",
      () => asDecimal("1", "f", 9n, 2n),
      "out-of-range",
      "1 is out of range",
      "give a value from 2 to 9",
    ],
    ["a list for an object", () => asObject([], "f"), "invalid", "not an object: a list", OBJECT],
    ["nothing for an object", () => asObject(null, "f"), "invalid", "not an object: null", OBJECT],
    ["a text for an object", () => asObject("x", "f"), "invalid", 'not an object: "x"', OBJECT],
    ["an object for a list", () => asArray({}, "f"), "invalid", "not a list: an object", "give a JSON array"],
    [
      "79 digits",
      () => asDecimal("1".repeat(79), "f"),
      "invalid",
      `not a decimal string: "${"1".repeat(79)}"`,
      DECIMAL,
    ],
    [
      "a long text, which is cut",
      () => asObject("x".repeat(81), "f"),
      "invalid",
      `not an object: "${"x".repeat(80)}…"`,
      OBJECT,
    ],
    [
      "80 characters, which are not",
      () => asObject("x".repeat(80), "f"),
      "invalid",
      `not an object: "${"x".repeat(80)}"`,
      OBJECT,
    ],
  ])("%s", (_, action, code, message, hint) => {
    expect(refusalOf(action)).toEqual({ code, field: "f", message, hint });
  });

  it("a key that is missing, and one that is unknown", () => {
    expect(refusalOf(() => asRecord({ a: 1 }, "f", ["a", "b"]))).toEqual({
      code: "missing",
      field: "f.b",
      message: "missing",
      hint: "add it; f has a, b",
    });
    expect(refusalOf(() => asRecord({ a: 1, c: 2 }, "f", ["a"], ["b"]))).toEqual({
      code: "unknown-key",
      field: "f.c",
      message: "unknown key",
      hint: "remove it; f may have a, b",
    });
    expect(refusalOf(() => asRecord({ a: 1 }, "f", [])).hint).toBe("remove it; f may have no keys");
    // What an object inherits is not its own.
    expect(refusalOf(() => asRecord({}, "f", ["toString"])).code).toBe("missing");
  });
});
