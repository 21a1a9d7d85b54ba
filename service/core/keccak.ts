// SPDX-License-Identifier: AGPL-3.0-only
import { createKeccak, type IHasher } from "hash-wasm";
import { InvariantError } from "./errors.ts";
import { hexOf } from "./hex.ts";
import type { Hex } from "./types.ts";

let hasher: IHasher | undefined;

/** Compiles the hash once for the whole process; await it before anything else in core. */
export async function initKeccak(): Promise<void> {
  hasher ??= await createKeccak(256);
}

export function keccak256(bytes: Uint8Array): Uint8Array {
  if (hasher === undefined) throw new InvariantError("await initKeccak() before hashing");
  return hasher.init().update(bytes).digest("binary");
}

export function keccakHex(bytes: Uint8Array): Hex {
  return hexOf(keccak256(bytes));
}
