// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, type Hex, isAddress } from "viem";

/** A config that is not deployed: the field, and what is wrong with it. */
export class DeployConfigError extends Error {
  override readonly name = "DeployConfigError";
  readonly hint: string;

  constructor(field: string, problem: string, hint = "correct the config file; nothing was sent") {
    super(`deploy config: ${field}: ${problem}`);
    this.hint = hint;
  }
}

/** @throws DeployConfigError which names the field, unless the condition holds */
export function requireThat(condition: boolean, field: string, problem: string): asserts condition {
  if (!condition) throw new DeployConfigError(field, problem);
}

type Fields<Name extends string> = Readonly<Record<Name, unknown>>;

/**
 * An object with exactly these keys, of which `optional` may be absent. An empty `field` is the whole file.
 * @throws DeployConfigError otherwise
 */
export function asFields<Name extends string, Other extends string = never>(
  value: unknown,
  field: string,
  required: readonly Name[],
  optional: readonly Other[] = [],
): Fields<Name> & Partial<Fields<Other>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  requireThat(isObject, field || "the file", "is not a JSON object");
  const name = (key: string) => (field === "" ? key : `${field}.${key}`);
  for (const key of required) requireThat(Object.hasOwn(value, key), name(key), "is missing");
  const known = new Set<string>([...required, ...optional]);
  for (const key of Object.keys(value)) requireThat(known.has(key), name(key), "is not a known field");
  return value as Fields<Name> & Partial<Fields<Other>>;
}

/**
 * A whole number: a JSON number, or a decimal string for what a JSON number cannot hold exactly.
 * @throws DeployConfigError for anything else
 */
export function asWhole(value: unknown, field: string): bigint {
  const isNumber = typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
  const isText = typeof value === "string" && /^(0|[1-9][0-9]{0,77})$/.test(value);
  requireThat(isNumber || isText, field, "is not a whole number (give large ones as decimal strings)");
  return BigInt(value as number | string);
}

/** The least and the most that a value may be. */
export type Bounds = readonly [min: bigint, max: bigint];

/**
 * A value within its bounds, both of which are allowed.
 * @throws DeployConfigError if it is not
 */
export function inRange(value: bigint, field: string, [min, max]: Bounds): bigint {
  requireThat(value >= min && value <= max, field, `${value} is not within ${min} to ${max}`);
  return value;
}

/** @throws DeployConfigError if it is no string */
export function asText(value: unknown, field: string): string {
  requireThat(typeof value === "string", field, "is not a string");
  return value;
}

/** @throws DeployConfigError if it is neither true nor false */
export function asBool(value: unknown, field: string): boolean {
  requireThat(typeof value === "boolean", field, "is neither true nor false");
  return value;
}

/** @throws DeployConfigError if it is no list */
export function asList(value: unknown, field: string): readonly unknown[] {
  requireThat(Array.isArray(value), field, "is not a list");
  return value;
}

/**
 * 32 bytes in hexadecimal digits, in lower case.
 * @throws DeployConfigError for anything else
 */
export function asWord(value: unknown, field: string): Hex {
  const isWord = typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value);
  requireThat(isWord, field, "is not 32 bytes of hexadecimal digits");
  return value.toLowerCase() as Hex;
}

/**
 * In lower case.
 * @throws DeployConfigError for anything else and for the zero address: every address in a config is somebody or
 * something
 */
export function asAddress(value: unknown, field: string): Address {
  const isText = typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value);
  requireThat(isText, field, "is not an address");
  const digits = value.slice(2);
  const isMixed = digits !== digits.toLowerCase() && digits !== digits.toUpperCase();
  requireThat(
    !isMixed || isAddress(value),
    field,
    "has a wrong checksum: copy it again, or write it in lower case",
  );
  requireThat(!/^0*$/.test(digits), field, "is the zero address");
  return value.toLowerCase() as Address;
}

/** In their order. @throws DeployConfigError for anything else, or if one is there twice */
export function asAddresses(value: unknown, field: string): Address[] {
  const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
  requireThat(isList, field, "is not a list of addresses");
  const addresses = value.map((item, i) => asAddress(item, `${field}[${i}]`));
  for (const [i, address] of addresses.entries()) {
    requireThat(addresses.indexOf(address) === i, `${field}[${i}]`, "is there twice");
  }
  return addresses;
}
