// SPDX-License-Identifier: AGPL-3.0-only
import { type Endpoint, FIRST_REST } from "./endpoint.ts";

/** No call waits longer than this for an endpoint to have rested, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Waits until one of them may be asked again, after so many rounds; false, at once, if that takes too long.
 * @throws what the signal was aborted with, as soon as it is.
 */
export async function rested(
  endpoints: readonly Endpoint[],
  round: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const shortest = Math.min(...endpoints.map((endpoint) => endpoint.restFor()));
  if (shortest > PATIENCE) return false;
  await delay(Math.max(shortest, FIRST_REST * 2 ** (round - 1)), signal);
  return true;
}

/** Waits so many milliseconds. @throws what the signal was aborted with, as soon as it is. */
function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
