// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";

/** What canonical JSON may hold: RFC 8785 without fractions, exponents or integers beyond 2^53 − 1. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const MAX_DEPTH = 32;
/** Texts that every writer of JSON puts between quotes as they are. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** UTF-8 bytes of JSON with keys in order and no space. @throws InputError for what JSON does not hold exactly. */
export function encodeCanonical(value: Json): Uint8Array {
  return new TextEncoder().encode(canonicalText(value, "$", 0));
}

/**
 * The value of canonical JSON (SPEC, 10.1).
 * @throws InputError for every byte string but the one that `encodeCanonical` gives for its value: duplicate keys and
 * spaces included.
 */
export function parseCanonical(bytes: Uint8Array): Json {
  let text: string;
  let value: Json;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new InputError(
      "not-canonical",
      "$",
      `not JSON in UTF-8 (${(cause as Error).message})`,
      "give canonical JSON",
    );
  }
  const canonical = canonicalText(value, "$", 0);
  if (canonical !== text) {
    throw new InputError(
      "not-canonical",
      "$",
      `differs from its canonical form at character ${firstDifference(text, canonical)}`,
      "keys are sorted and unique, without spaces, line ends or needless escapes",
    );
  }
  return value;
}

/**
 * For what canonical JSON leaves open: the case of addresses and the order of lists.
 * @throws InputError, naming the first byte that differs.
 */
export function assertSameBytes(given: Uint8Array, canonical: Uint8Array, field: string): void {
  let at = 0;
  while (at < given.length && given[at] === canonical[at]) at++;
  if (at < given.length || given.length !== canonical.length) {
    throw new InputError(
      "not-canonical",
      field,
      `differs from its canonical form at byte ${at}`,
      "write addresses and hashes in lower case and every list in its stated order",
    );
  }
}

/** Whether the runtime's own text of a value is the canonical one: it holds what it may, and every key is in order. */
function isOrdered(value: Json, depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  if (typeof value === "string") return PLAIN.test(value);
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0);
  if (value === null || typeof value === "boolean") return true;
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isOrdered(value[i], depth + 1)) return false;
    return true;
  }
  if (!isPlainObject(value)) return false;
  let before = "";
  for (const key in value) {
    if (key < before || !PLAIN.test(key)) return false;
    if (!isOrdered((value as { readonly [key: string]: Json })[key] as Json, depth + 1)) return false;
    before = key;
  }
  return true;
}

/** Nothing that has a text of its own making. */
function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null) && !("toJSON" in value);
}

function canonicalText(value: Json, path: string, depth: number): string {
  if (depth > MAX_DEPTH)
    throw new InputError("invalid", path, "nested too deep", `nest at most ${MAX_DEPTH} deep`);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return stringText(value, path);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw new InputError(
        "not-canonical",
        path,
        `${value} is not a safe integer`,
        "write amounts as decimal strings",
      );
    }
    return String(value);
  }
  // Several times faster, for what is large.
  if (isOrdered(value, depth)) return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${value.map((item: Json, i) => canonicalText(item, `${path}[${i}]`, depth + 1)).join(",")}]`;
  }
  if (typeof value === "object") {
    const record = value as { readonly [key: string]: Json };
    // The default sort compares UTF-16 code units, as RFC 8785 asks.
    const fields = Object.keys(record)
      .sort()
      .map(
        (key) =>
          `${stringText(key, path)}:${canonicalText(record[key] as Json, `${path}.${key}`, depth + 1)}`,
      );
    return `{${fields.join(",")}}`;
  }
  throw new InputError(
    "invalid",
    path,
    `${typeof value} has no JSON form`,
    "give strings, integers, lists and objects",
  );
}

function stringText(value: string, path: string): string {
  if (LONE_SURROGATE.test(value)) {
    throw new InputError(
      "not-canonical",
      path,
      "a string with half a surrogate pair",
      "give well-formed Unicode",
    );
  }
  return JSON.stringify(value);
}

function firstDifference(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}
