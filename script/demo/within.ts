// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout as sleep } from "node:timers/promises";

/** Many times what anything takes on two cores: whoever waits longer waits for nothing. */
const PATIENCE_SECONDS = 240;

interface Patience {
  readonly seconds?: number;
  /** What else is known about it by then. */
  readonly more?: () => string;
}

const nothing = () => "";

/** Waits, but not for ever: says what did not come. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  { seconds = PATIENCE_SECONDS, more = nothing }: Patience = {},
): Promise<T> {
  const ending = new AbortController();
  const late = sleep(seconds * 1_000, undefined, { signal: ending.signal }).then(() => {
    throw new Error(`waited ${seconds} seconds in vain for ${what}\n${more()}`.trimEnd());
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    ending.abort();
  }
}
