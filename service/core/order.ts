// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import type { Address, Miss } from "./types.ts";

/** Lower-case addresses of one length: the order of the texts is the order of the bytes. */
export function byProver(a: { readonly prover: Address }, b: { readonly prover: Address }): number {
  return byText(a.prover, b.prover);
}

export function byDeadlineEpochAndRequest(a: Miss, b: Miss): number {
  return a.deadlineEpoch - b.deadlineEpoch || byText(a.requestId, b.requestId);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

// A float holds 53 bits exactly: 32 bits of a record and 21 of its index sort together as plain numbers.
const MAX_RECORDS = 2 ** 21;

/**
 * The indices 0 to count − 1 in ascending order of their records. `prefix` gives a record's first 32 bits and
 * `compare` decides where those agree; records that compare as equal are an error, made by `equal`.
 */
export function sortedIndices(
  count: number,
  prefix: (index: number) => number,
  compare: (a: number, b: number) => number,
  equal: (a: number, b: number) => Error,
): Uint32Array {
  if (count > MAX_RECORDS) {
    throw new InputError("out-of-range", "leaves", `${count} leaves`, `give at most ${MAX_RECORDS}`);
  }
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = prefix(i) * MAX_RECORDS + i;
  keys.sort();

  const order = new Uint32Array(count);
  let prefixBefore = -1;
  for (let i = 0; i < count; i++) {
    const key = keys[i] as number;
    const index = key % MAX_RECORDS;
    const ownPrefix = (key - index) / MAX_RECORDS;
    let at = i;
    // Records with one prefix stand side by side; the rest of their bits decides, by insertion.
    for (; at > 0 && (ownPrefix === prefixBefore || at < i); at--) {
      const before = order[at - 1] as number;
      const difference = compare(before, index);
      if (difference === 0) throw equal(before, index);
      if (difference < 0) break;
      order[at] = before;
    }
    order[at] = index;
    prefixBefore = ownPrefix;
  }
  return order;
}
