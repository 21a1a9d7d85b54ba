// SPDX-License-Identifier: AGPL-3.0-only
import { ChainError } from "../chain/errors.ts";

/** What is no older than so many times `maxAge` is given while a newer one is being read. */
const STALE = 10;
/** Milliseconds until whoever waits is told that the chain does not answer. */
const PATIENCE = 15_000;

/**
 * Reads once for all who ask at a time, and answers from memory, at once, if that is younger than `maxAge`
 * milliseconds.
 */
export function remembered<T>(read: () => Promise<T>, maxAge: number): () => T | Promise<T> {
  let last: { readonly value: T; readonly at: number } | undefined;
  let reading: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    const at = performance.now();
    const started = inTime(read()).then((value) => {
      last = { value, at };
      return value;
    });
    reading = started;
    const end = () => {
      if (reading === started) reading = undefined;
    };
    // A failure is told to everybody who waits for it, and to nobody later.
    started.then(end, end);
    return started;
  };
  return () => {
    const age = last === undefined ? Number.POSITIVE_INFINITY : performance.now() - last.at;
    if (last !== undefined && age <= maxAge) return last.value;
    const newer = reading ?? begin();
    return last !== undefined && age <= STALE * maxAge ? last.value : newer;
  };
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const silent = new ChainError("unreachable", "the chain did not answer in time", "try again later");
    timer = setTimeout(() => reject(silent), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
