// SPDX-License-Identifier: AGPL-3.0-only
import { fromRlp } from "viem";
import type { Hex } from "../../core/types.ts";
import { keccakOf } from "../hash.ts";

/** What is read from a block's header. */
export interface Header {
  readonly hash: Hex;
  readonly parentHash: Hex;
  readonly stateRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly logsBloom: Hex;
  readonly number: bigint;
  readonly timestamp: bigint;
}

/** How many fields the headers of all forks have. */
const LEAST_FIELDS = 15;

const POSITION = { parentHash: 0, stateRoot: 3, receiptsRoot: 5, logsBloom: 6, number: 8, timestamp: 11 };

/** @throws Error if the bytes are no header's: who trusts their hash trusts something else than a block. */
export function readHeader(bytes: Uint8Array): Header {
  const fields = fromRlp(bytes, "hex");
  if (!Array.isArray(fields) || fields.length < LEAST_FIELDS) throw new Error("not a block's header");
  const field = (name: keyof typeof POSITION) => {
    const value = fields[POSITION[name]];
    if (typeof value !== "string") throw new Error("not a block's header");
    return value as Hex;
  };
  return {
    hash: keccakOf(bytes),
    parentHash: field("parentHash"),
    stateRoot: field("stateRoot"),
    receiptsRoot: field("receiptsRoot"),
    logsBloom: field("logsBloom"),
    number: quantityIn(field("number")),
    timestamp: quantityIn(field("timestamp")),
  };
}

function quantityIn(bytes: Hex): bigint {
  return bytes === "0x" ? 0n : BigInt(bytes);
}
