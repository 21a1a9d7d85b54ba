// SPDX-License-Identifier: AGPL-3.0-only
import { ChainError } from "../chain/errors.ts";

/** What is no older than so many times `maxAge` is given while a newer one is being read. */
const STALE = 10;
/** Milliseconds that whoever asks waits for a newer reading where an older one is known. */
export const DEADLINE = 1_000;
/** Milliseconds until whoever waits is told that the chain does not answer, as nothing is known yet. */
const PATIENCE = 15_000;

export interface Remembered<T> {
  /** At once if it is young enough. */
  (): T | Promise<T>;
  /** Milliseconds since what is given was read; undefined if nothing was read yet. */
  readonly age: () => number | undefined;
}

/**
 * Reads once for all who ask at a time, and answers from memory, at once, if that is younger than `maxAge`
 * milliseconds. Where the chain is slow or silent, what was last known is given after a moment, however old it is.
 */
export function remembered<T>(read: () => Promise<T>, maxAge: number): Remembered<T> {
  let last: { readonly value: T; readonly at: number } | undefined;
  let reading: { readonly newer: Promise<T>; readonly since: number } | undefined;
  const begin = (): Promise<T> => {
    const at = performance.now();
    const newer = read().then((value) => {
      last = { value, at };
      return value;
    });
    const started = { newer, since: at };
    reading = started;
    const end = () => {
      if (reading === started) reading = undefined;
    };
    // A failure is told to everybody who waits for it, and to nobody later.
    newer.then(end, end);
    return newer;
  };
  const age = () => (last === undefined ? undefined : performance.now() - last.at);
  const give = (): T | Promise<T> => {
    const known = last;
    const old = age();
    if (known === undefined || old === undefined) return within(PATIENCE, reading?.newer ?? begin(), silent);
    if (old <= maxAge) return known.value;
    const waited = reading === undefined ? 0 : performance.now() - reading.since;
    const newer = reading?.newer ?? begin();
    newer.catch(() => undefined);
    if (old <= STALE * maxAge || waited >= DEADLINE) return known.value;
    return within(DEADLINE - waited, newer, () => known.value).catch(() => known.value);
  };
  return Object.assign(give, { age });
}

function silent(): never {
  throw new ChainError("unreachable", "the chain did not answer in time", "try again later");
}

/** What `work` gives in so many milliseconds, or what `late` gives then. */
export async function within<T>(milliseconds: number, work: Promise<T>, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const ending = new Promise<T>((resolve, reject) => {
    timer = setTimeout(() => {
      try {
        resolve(late());
      } catch (error) {
        reject(error);
      }
    }, milliseconds);
  });
  try {
    return await Promise.race([work, ending]);
  } finally {
    clearTimeout(timer);
  }
}
