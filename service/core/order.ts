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

const DIGIT_BITS = 11;
const DIGIT_VALUES = 1 << DIGIT_BITS;
const KEY_BITS = 32;

/**
 * The indices of records in their ascending order. `prefixes` are the records' first 32 bits, and are changed;
 * `compare` decides where those agree; records that compare as equal are an error, made by `equal`.
 */
export function sortedIndices(
  prefixes: Uint32Array<ArrayBuffer>,
  compare: (a: number, b: number) => number,
  equal: (a: number, b: number) => Error,
): Uint32Array<ArrayBuffer> {
  const order = sortByHighDigits(prefixes);
  const unsorted = KEY_BITS - 2 * DIGIT_BITS;
  for (let from = 0, to: number; from < order.length; from = to) {
    // Records whose high digits agree stand side by side; the rest of their bits decides.
    const digits = (prefixes[from] as number) >>> unsorted;
    for (to = from + 1; to < order.length && (prefixes[to] as number) >>> unsorted === digits; ) to++;
    if (to - from > FEW) order.subarray(from, to).sort(compare);
    else insertInto(order, from, to, compare);
    for (let i = from + 1; i < to; i++) {
      const [before, index] = [order[i - 1] as number, order[i] as number];
      if (compare(before, index) === 0) throw equal(before, index);
    }
  }
  return order;
}

/** How many are put in order by insertion: of more, the time would grow with their square. */
const FEW = 16;

function insertInto(
  order: Uint32Array,
  from: number,
  to: number,
  compare: (a: number, b: number) => number,
): void {
  for (let i = from + 1; i < to; i++) {
    const index = order[i] as number;
    let at = i;
    for (; at > from && compare(order[at - 1] as number, index) > 0; at--)
      order[at] = order[at - 1] as number;
    order[at] = index;
  }
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
