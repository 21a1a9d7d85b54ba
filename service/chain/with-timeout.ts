// SPDX-License-Identifier: AGPL-3.0-only

/**
 * Acts with a signal that fires with a TimeoutError after so many milliseconds, or when `outer` does. In Node 20
 * `AbortSignal.any` over `AbortSignal.timeout` may never fire: nothing but a weak reference holds the latter, and whoever
 * waits waits for ever once memory is tidied up (nodejs/node #57736, seen with v20.20.2).
 */
export async function withTimeout<T>(
  milliseconds: number,
  outer: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const timer = setTimeout(() => {
    ending.abort(new DOMException(`not within ${milliseconds} ms`, "TimeoutError"));
  }, milliseconds);
  const passOn = () => ending.abort(outer?.reason);
  if (outer?.aborted) passOn();
  outer?.addEventListener("abort", passOn, { once: true });
  try {
    return await action(ending.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", passOn);
  }
}
