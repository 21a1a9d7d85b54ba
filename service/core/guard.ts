// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import type { Address, Hex } from "./types.ts";

export const MAX_UINT256 = (1n << 256n) - 1n;
export const BPS = 10_000n;

// Each guard returns the checked value, so that unchecked ones are not carried on by accident.

/** 0x and 40 hexadecimal digits, in any case; in lower case from here on. @throws InputError otherwise. */
export function asAddress(value: unknown, field: string): Address {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(value)) {
    throw new InputError(
      "invalid",
      field,
      `not an address: ${show(value)}`,
      "give 0x and 40 hexadecimal digits",
    );
  }
  return value.toLowerCase() as Address;
}

/** 0x and 64 hexadecimal digits, in any case; in lower case from here on. @throws InputError otherwise. */
export function asHash(value: unknown, field: string): Hex {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(value)) {
    throw new InputError(
      "invalid",
      field,
      `not 32 bytes: ${show(value)}`,
      "give 0x and 64 hexadecimal digits",
    );
  }
  return value.toLowerCase() as Hex;
}

/** A bigint from `min` to `max`. @throws InputError otherwise. */
export function asUint(value: unknown, field: string, max = MAX_UINT256, min = 0n): bigint {
  if (typeof value !== "bigint") {
    throw new InputError(
      "invalid",
      field,
      `not a bigint: ${show(value)}`,
      "amounts and times are bigint, never number",
    );
  }
  if (value < min || value > max) throw outOfRange(value, field, min, max);
  return value;
}

/** A whole number from `min` to `max`. @throws InputError otherwise. */
export function asCount(value: unknown, field: string, max = Number.MAX_SAFE_INTEGER, min = 0): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) {
    throw new InputError(
      "invalid",
      field,
      `not a whole number: ${show(value)}`,
      "counts and basis points are whole numbers",
    );
  }
  if (value < min || value > max) throw outOfRange(value, field, min, max);
  return value;
}

/**
 * A bigint from `min` to `max`, from its decimal string in JSON; one value has one text.
 * @throws InputError otherwise.
 */
export function asDecimal(value: unknown, field: string, max = MAX_UINT256, min = 0n): bigint {
  if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,77})$/.test(value)) {
    throw new InputError(
      "invalid",
      field,
      `not a decimal string: ${show(value)}`,
      'write whole numbers as strings without leading zeros, such as "100"',
    );
  }
  return asUint(BigInt(value), field, max, min);
}

/** @throws InputError if it is no object, or a list. */
export function asObject(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError("invalid", field, `not an object: ${show(value)}`, "give a JSON object");
  }
  return value as Record<string, unknown>;
}

/** @throws InputError if it is no array. */
export function asArray(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new InputError("invalid", field, `not a list: ${show(value)}`, "give a JSON array");
  }
  return value;
}

/**
 * An object with exactly these keys; `optional` ones may be absent.
 * @throws InputError, naming the first key that is missing, or else one that is unknown.
 */
export function asRecord(
  value: unknown,
  field: string,
  keys: readonly string[],
  optional: readonly string[] = [],
): Record<string, unknown> {
  const record = asObject(value, field);
  for (const key of keys) {
    if (!Object.hasOwn(record, key)) {
      throw new InputError(
        "missing",
        `${field}.${key}`,
        "missing",
        `add it; ${field} has ${keys.join(", ")}`,
      );
    }
  }
  for (const key of Object.keys(record)) {
    if (!keys.includes(key) && !optional.includes(key)) {
      throw new InputError(
        "unknown-key",
        `${field}.${key}`,
        "unknown key",
        `remove it; ${field} may have ${[...keys, ...optional].join(", ") || "no keys"}`,
      );
    }
  }
  return record;
}

function outOfRange(
  value: bigint | number,
  field: string,
  min: bigint | number,
  max: bigint | number,
): InputError {
  return new InputError(
    "out-of-range",
    field,
    `${value} is out of range`,
    `give a value from ${min} to ${max}`,
  );
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return String(value);
}
