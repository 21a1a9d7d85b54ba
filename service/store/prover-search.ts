// SPDX-License-Identifier: AGPL-3.0-only
import { bytesOf } from "../core/hex.ts";
import { entryAt } from "../core/tree-file.ts";
import type { Address } from "../core/types.ts";
import type { CachedFile } from "./block-cache.ts";

/** The first bytes of an address that are looked at as one number. */
const PREFIX = 6;
const PREFIXES = 2 ** (8 * PREFIX);
const ADDRESS = 20;
/** Steps that guess. Of a million addresses as they come, few take more than five. */
const GUESSES = 6;

/**
 * Which of `count` entries in ascending order, whose pages begin at `from`, is a prover's. Addresses are spread
 * evenly, so its first bytes tell where about to look; addresses that somebody chose may not be, so that after a few
 * steps what is left is halved.
 */
export function findProver(
  count: number,
  from: number,
  cached: CachedFile,
  prover: Address,
): number | undefined {
  const wanted = bytesOf(prover);
  const prefix = prefixOf(new DataView(wanted.buffer), 0);
  let [low, high] = [0, count - 1];
  // The prefixes between which those from low to high are.
  let [least, most] = [0, PREFIXES];
  for (let step = 0; low <= high; step++) {
    const part = step < GUESSES && most > least ? (prefix - least) / (most - least) : 0.5;
    const middle = low + Math.min(high - low, Math.floor(part * (high - low + 1)));
    const at = cached.locate(entryAt(from, middle));
    const found = prefixOf(cached.view, at);
    const order = found - prefix || compareRest(cached.memory, at, wanted);
    if (order === 0) return middle;
    if (order < 0) [low, least] = [middle + 1, found];
    else [high, most] = [middle - 1, found];
  }
  return undefined;
}

/** The first PREFIX bytes. */
function prefixOf(view: DataView, at: number): number {
  return 2 ** 16 * view.getUint32(at) + view.getUint16(at + 4);
}

/** The order of two addresses whose prefixes are the same. */
function compareRest(memory: Uint8Array, at: number, wanted: Uint8Array): number {
  for (let i = PREFIX; i < ADDRESS; i++) {
    const difference = (memory[at + i] as number) - (wanted[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
