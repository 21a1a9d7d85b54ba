// SPDX-License-Identifier: AGPL-3.0-only
import { createKeccak, type IHasher } from "hash-wasm";
import { InvariantError } from "./errors.ts";
import { hexOf } from "./hex.ts";
import { fallbackKernel } from "./keccak-fallback.ts";
import { KERNEL_FREE, type Kernel, loadKernel } from "./keccak-kernel.ts";
import type { Hex } from "./types.ts";

let hasher: IHasher | undefined;
let kernel: Kernel | undefined;
let messages: Uint8Array | undefined;

/**
 * Compiles the hash once for the whole process; await it before anything else in core. Calling it again does nothing.
 */
export async function initKeccak(): Promise<void> {
  if (hasher !== undefined && kernel !== undefined) return;
  const [one, many] = await Promise.all([createKeccak(256), loadKernel()]);
  [hasher, kernel] = [one, many ?? fallbackKernel(one)];
  messages = kernel.memory.subarray(MESSAGES, MESSAGES + BATCH * WIDEST);
}

/** 32 bytes. @throws InvariantError before initKeccak() is done. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  if (hasher === undefined) throw notLoaded();
  return hasher.init().update(bytes).digest("binary");
}

/** The same as 0x and 64 digits, in lower case. @throws InvariantError before initKeccak() is done. */
export function keccakHex(bytes: Uint8Array): Hex {
  return hexOf(keccak256(bytes));
}

/** The hash of bytes that come in parts; other hashing may go on in between. */
export async function hashParts(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Hex> {
  const own = await partHasher();
  for await (const part of parts) own.update(part);
  return own.digest();
}

/** The same for whoever goes through the parts by itself. */
export async function partHasher(): Promise<{ update: (part: Uint8Array) => void; digest: () => Hex }> {
  const own = (await createKeccak(256)).init();
  return { update: (part) => void own.update(part), digest: () => hexOf(own.digest("binary")) };
}

/** Longer calls would stay in the engine's slow tier: it changes code between calls, not during one. */
export const BATCH = 256;
const WIDEST = 128;
const MESSAGES = KERNEL_FREE;
const HASHES = MESSAGES + BATCH * WIDEST;
const TWICE = HASHES + BATCH * 32;

/**
 * Up to BATCH messages of one length, a multiple of 8 and at most 128 bytes, side by side. Nobody keeps it.
 * @throws InvariantError before initKeccak() is done.
 */
export function messageBuffer(): Uint8Array {
  if (messages === undefined) throw notLoaded();
  return messages;
}

/**
 * The hashes, 32 bytes each, of the first `count` messages of `length` bytes in the buffer, until the next call.
 * @throws InvariantError before initKeccak() is done.
 */
export function hashMessages(length: number, count: number): Uint8Array {
  if (kernel === undefined) throw notLoaded();
  kernel.hash(MESSAGES, length / 8, HASHES, count);
  return kernel.memory.subarray(HASHES, HASHES + 32 * count);
}

/** The hashes of their hashes, until the next call. @throws InvariantError before initKeccak() is done. */
export function hashMessagesTwice(length: number, count: number): Uint8Array {
  if (kernel === undefined) throw notLoaded();
  kernel.hash(MESSAGES, length / 8, HASHES, count);
  kernel.hash(HASHES, 4, TWICE, count);
  return kernel.memory.subarray(TWICE, TWICE + 32 * count);
}

function notLoaded(): InvariantError {
  return new InvariantError("await initKeccak() before hashing");
}
