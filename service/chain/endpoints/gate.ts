// SPDX-License-Identifier: AGPL-3.0-only

/** How many calls a provider is sent at a time before it was ever refused one. */
const MOST_AT_ONCE = 1_000;

/** Lets through only so many calls at a time: half as many after a refusal, one more after as many served. */
export function learnedGate() {
  let width = MOST_AT_ONCE;
  let inside = 0;
  let served = 0;
  const waiting: (() => void)[] = [];
  const admit = () => {
    while (inside < width) {
      const next = waiting.shift();
      if (next === undefined) return;
      inside++;
      next();
    }
  };
  return {
    enter: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        admit();
      }),
    leave() {
      inside--;
      admit();
    },
    served() {
      served++;
      if (served < width) return;
      served = 0;
      width = Math.min(width + 1, MOST_AT_ONCE);
    },
    refused() {
      served = 0;
      width = Math.max(1, Math.floor(Math.min(width, inside) / 2));
    },
  };
}
