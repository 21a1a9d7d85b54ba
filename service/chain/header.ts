// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, toRlp } from "viem";
import type { Hex } from "../core/types.ts";

/** In the order of the encoding. Bytes are hashed as they are, quantities without leading zeros. */
const FIELDS = [
  ["parentHash", "bytes"],
  ["sha3Uncles", "bytes"],
  ["miner", "bytes"],
  ["stateRoot", "bytes"],
  ["transactionsRoot", "bytes"],
  ["receiptsRoot", "bytes"],
  ["logsBloom", "bytes"],
  ["difficulty", "quantity"],
  ["number", "quantity"],
  ["gasLimit", "quantity"],
  ["gasUsed", "quantity"],
  ["timestamp", "quantity"],
  ["extraData", "bytes"],
  ["mixHash", "bytes"],
  ["nonce", "bytes"],
] as const;

/** Each fork added to what was there before. Rollups of the OP stack have the same fields, with other contents. */
const ADDED_BY_FORKS = [
  ["baseFeePerGas", "quantity"],
  ["withdrawalsRoot", "bytes"],
  ["blobGasUsed", "quantity"],
  ["excessBlobGas", "quantity"],
  ["parentBeaconBlockRoot", "bytes"],
  ["requestsHash", "bytes"],
  ["blockAccessListHash", "bytes"],
  ["slotNumber", "quantity"],
] as const;

type Keccak = (bytes: Uint8Array) => Hex;

/** Whether the header of a block, as a client gives it, hashes to the hash that it is given with. */
export function isSealed(block: { readonly hash: Hex }, keccak: Keccak): boolean {
  return headerBytes(block, block.hash, keccak) !== undefined;
}

/** Of two blocks given under the same hash, the one whose header hashes to it: `a` where both do, or neither. */
export function sealedOf<Block extends { readonly hash: Hex }>(a: Block, b: Block, keccak: Keccak): Block {
  const isOther = [...FIELDS, ...ADDED_BY_FORKS].some((field) => itemOf(field, a) !== itemOf(field, b));
  return isOther && !isSealed(a, keccak) && isSealed(b, keccak) ? b : a;
}

/**
 * The bytes that hash to `hash`, from a block as JSON-RPC or a client gives it; undefined if there are none. Nodes show
 * fields of forks that a block does not have yet, so that every fork's header is tried.
 */
export function headerBytes(block: unknown, hash: Hex, keccak: Keccak): Uint8Array | undefined {
  if (typeof block !== "object" || block === null) return undefined;
  const given = block as Readonly<Record<string, unknown>>;
  const fields: Hex[] = [];
  for (const field of FIELDS) {
    const item = itemOf(field, given);
    if (item === undefined) return undefined;
    fields.push(item);
  }
  const added: Hex[] = [];
  for (const field of ADDED_BY_FORKS) {
    const item = itemOf(field, given);
    if (item === undefined) break;
    added.push(item);
  }
  for (let count = added.length; count >= 0; count--) {
    const bytes = toRlp([...fields, ...added.slice(0, count)], "bytes");
    if (keccak(bytes) === hash) return bytes;
  }
  return undefined;
}

function itemOf(
  [name, kind]: readonly [string, "bytes" | "quantity"],
  block: Readonly<Record<string, unknown>>,
): Hex | undefined {
  const given = block[name];
  const value = kind === "quantity" && typeof given === "bigint" ? numberToHex(given) : given;
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]*$/.test(value)) return undefined;
  if (kind === "bytes") return value.length % 2 === 0 ? (value.toLowerCase() as Hex) : undefined;
  const digits = value.slice(2).toLowerCase().replace(/^0+/, "");
  return `0x${digits.length % 2 === 0 ? "" : "0"}${digits}` as const;
}
