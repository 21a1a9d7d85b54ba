// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Miss } from "./types.ts";

/** Lower-case addresses of one length: the order of the texts is the order of the bytes. */
export function byProver(a: { readonly prover: Address }, b: { readonly prover: Address }): number {
  return byText(a.prover, b.prover);
}

/** Misses by their deadline's epoch, then by their request's id. */
export function byDeadlineEpochAndRequest(a: Miss, b: Miss): number {
  return a.deadlineEpoch - b.deadlineEpoch || byText(a.requestId, b.requestId);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Items in the order of their provers, whose addresses are in lower case. Two of one prover are an error, made by `twice`. */
export function sortedByProver<Item extends { readonly prover: Address }>(
  items: readonly Item[],
  twice: (prover: Address) => Error,
): Item[] {
  const at = (index: number) => items[index] as Item;
  const prefixes = Uint32Array.from(items, ({ prover }) => Number.parseInt(prover.slice(2, 10), 16));
  const order = sortedIndices(
    prefixes,
    (a, b) => byProver(at(a), at(b)),
    (a) => twice(at(a).prover),
  );
  return Array.from(order, at);
}

const DIGIT_BITS = 11;
const DIGIT_VALUES = 1 << DIGIT_BITS;
const KEY_BITS = 32;

/**
 * The indices of records in their ascending order. `prefixes`, which it puts in order, are the records' first 32 bits;
 * `compare` decides where those agree; records that compare as equal are an error, made by `equal`.
 */
export function sortedIndices(
  prefixes: Uint32Array<ArrayBuffer>,
  compare: (a: number, b: number) => number,
  equal: (a: number, b: number) => Error,
): Uint32Array<ArrayBuffer> {
  const order = sortByHighDigits(prefixes);
  for (let i = 1; i < order.length; i++) {
    const prefix = prefixes[i] as number;
    const index = order[i] as number;
    let at = i;
    // Records whose high digits agree stand side by side; the rest of their bits decides, by insertion.
    for (; at > 0; at--) {
      const prefixBefore = prefixes[at - 1] as number;
      if (prefixBefore < prefix) break;
      const before = order[at - 1] as number;
      if (prefixBefore === prefix) {
        const difference = compare(before, index);
        if (difference === 0) throw equal(before, index);
        if (difference < 0) break;
      }
      prefixes[at] = prefixBefore;
      order[at] = before;
    }
    prefixes[at] = prefix;
    order[at] = index;
  }
  return order;
}

interface Keyed {
  readonly keys: Uint32Array<ArrayBuffer>;
  readonly indices: Uint32Array<ArrayBuffer>;
}

/** Puts `keys` in the order of their two highest digits and returns where each was: by radix, the lower of the two first. */
function sortByHighDigits(keys: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const { length } = keys;
  const given = { keys, indices: new Uint32Array(length) };
  const between = { keys: new Uint32Array(length), indices: new Uint32Array(length) };
  for (let i = 0; i < length; i++) given.indices[i] = i;
  moveByDigit(given, between, KEY_BITS - 2 * DIGIT_BITS);
  moveByDigit(between, given, KEY_BITS - DIGIT_BITS);
  return given.indices;
}

function moveByDigit(from: Keyed, to: Keyed, shift: number): void {
  const next = new Uint32Array(DIGIT_VALUES + 1);
  for (let i = 0; i < from.keys.length; i++) {
    const above = digitOf(from.keys[i] as number, shift) + 1;
    next[above] = (next[above] as number) + 1;
  }
  for (let digit = 1; digit < DIGIT_VALUES; digit++) {
    next[digit] = (next[digit] as number) + (next[digit - 1] as number);
  }
  for (let i = 0; i < from.keys.length; i++) {
    const key = from.keys[i] as number;
    const digit = digitOf(key, shift);
    const at = next[digit] as number;
    to.keys[at] = key;
    to.indices[at] = from.indices[i] as number;
    next[digit] = at + 1;
  }
}

function digitOf(key: number, shift: number): number {
  return (key >>> shift) & (DIGIT_VALUES - 1);
}
