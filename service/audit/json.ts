// SPDX-License-Identifier: AGPL-3.0-only

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export type JsonObject = { readonly [key: string]: JsonValue };

/** Half a surrogate pair has no UTF-8. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** How many lists and objects a value may be in. */
const DEEPEST = 32;

/**
 * The one text of a value (SPEC, 10.1): keys in ascending order of UTF-16 units, no spaces, whole numbers only.
 * @throws RangeError for what such JSON does not hold
 */
export function canonicalText(value: JsonValue, depth = 0): string {
  if (depth > DEEPEST) throw new RangeError(`nested more than ${DEEPEST} deep`);
  if (typeof value === "number" && (!Number.isSafeInteger(value) || Object.is(value, -0))) {
    throw new RangeError(`${value} is not a whole number that JSON keeps exactly`);
  }
  if (typeof value === "string") return stringText(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isList(value)) return `[${value.map((item) => canonicalText(item, depth + 1)).join(",")}]`;
  const fields = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${stringText(key)}:${canonicalText(item, depth + 1)}`);
  return `{${fields.join(",")}}`;
}

function stringText(value: string): string {
  if (LONE_SURROGATE.test(value)) throw new RangeError("half a surrogate pair is no character");
  return JSON.stringify(value);
}

/** The value that canonical bytes stand for; undefined for any other bytes. */
export function parseCanonicalText(bytes: Uint8Array): JsonValue | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text) as JsonValue;
    return canonicalText(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Narrows; undefined is no list. */
export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** Narrows; null and lists are none. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
