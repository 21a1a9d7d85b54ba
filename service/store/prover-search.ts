// SPDX-License-Identifier: AGPL-3.0-only
import { bytesOf } from "../core/hex.ts";
import { ENTRIES, entryAt, PAGE, PROVER } from "../core/tree-file.ts";
import type { Address } from "../core/types.ts";
import type { CachedFile } from "./block-cache.ts";

/** The first bytes of an address that are looked at as one number. */
const PREFIX = 6;
const PREFIXES = 2 ** (8 * PREFIX);
/** Steps that guess. Of a million addresses as they come, few take more than five. */
const GUESSES = 6;

/** The prefix of the first entry of each page. */
export type PageStarts = Float64Array;

export function pageStarts(count: number, from: number, { view, locate }: CachedFile): PageStarts {
  return Float64Array.from({ length: Math.ceil(count / ENTRIES) }, (_, page) =>
    prefixOf(view, locate(from + PAGE * page)),
  );
}

/**
 * Which of `count` entries in ascending order, whose pages begin at `from`, is a prover's. Addresses are spread evenly,
 * so its first bytes tell where about to look, first for its page and then in it; addresses that somebody chose may not
 * be, so that after a few steps what is left is halved.
 */
export function findProver(
  count: number,
  from: number,
  starts: PageStarts,
  cached: CachedFile,
  prover: Address,
): number | undefined {
  const wanted = bytesOf(prover);
  const prefix = prefixOf(new DataView(wanted.buffer), 0);
  // Others that begin alike may be on the page before, and on those behind.
  const first = Math.max(0, firstFrom(starts, prefix) - 1);
  let after = first + 1;
  while (after < starts.length && (starts[after] as number) <= prefix) after++;
  let [low, high] = [ENTRIES * first, Math.min(count, ENTRIES * after) - 1];
  // The prefixes between which those from low to high are.
  let [least, most] = [starts[first] ?? 0, starts[after] ?? PREFIXES];
  for (let step = 0; low <= high; step++) {
    const middle = low + guess(step, prefix, least, most, high - low + 1);
    const at = cached.locate(entryAt(from, middle));
    const found = prefixOf(cached.view, at);
    const order = found - prefix || compareRest(cached.memory, at, wanted);
    if (order === 0) return middle;
    if (order < 0) [low, least] = [middle + 1, found];
    else [high, most] = [middle - 1, found];
  }
  return undefined;
}

/** The first page that begins with `prefix` or a higher one; as many as there are pages if none does. */
function firstFrom(starts: PageStarts, prefix: number): number {
  let [low, high] = [0, starts.length];
  let [least, most] = [0, PREFIXES];
  for (let step = 0; low < high; step++) {
    const middle = low + guess(step, prefix, least, most, high - low);
    const found = starts[middle] as number;
    if (found < prefix) [low, least] = [middle + 1, found];
    else [high, most] = [middle, found];
  }
  return low;
}

/** Which of `count` to look at, if those between `least` and `most` are spread evenly; half way after a few guesses. */
function guess(step: number, prefix: number, least: number, most: number, count: number): number {
  const part = step < GUESSES && most > least ? (prefix - least) / (most - least) : 0.5;
  return Math.max(0, Math.min(count - 1, Math.floor(part * count)));
}

/** The first PREFIX bytes. */
function prefixOf(view: DataView, at: number): number {
  return 2 ** 16 * view.getUint32(at) + view.getUint16(at + 4);
}

/** The order of two addresses whose prefixes are the same. */
function compareRest(memory: Uint8Array, at: number, wanted: Uint8Array): number {
  for (let i = PREFIX; i < PROVER; i++) {
    const difference = (memory[at + i] as number) - (wanted[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
