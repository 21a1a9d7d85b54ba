// SPDX-License-Identifier: AGPL-3.0-only

interface Waiting {
  readonly deadline: bigint;
  readonly start: () => void;
}

/** Lets so many run at a time; of those that wait, the one whose deadline is next. */
export function turns(count: number) {
  let running = 0;
  const waiting: Waiting[] = [];

  const next = () => {
    if (running >= count) return;
    waiting.sort((a, b) => Number(a.deadline - b.deadline));
    const first = waiting.shift();
    if (first === undefined) return;
    running++;
    first.start();
  };

  return async function inTurn<T>(
    deadline: bigint,
    signal: AbortSignal,
    action: () => Promise<T>,
  ): Promise<T> {
    await new Promise<void>((resolve, reject) => {
      const entry = { deadline, start: resolve };
      signal.addEventListener(
        "abort",
        () => {
          const at = waiting.indexOf(entry);
          if (at < 0) return;
          waiting.splice(at, 1);
          reject(signal.reason);
        },
        { once: true },
      );
      waiting.push(entry);
      next();
    });
    try {
      return await action();
    } finally {
      running--;
      next();
    }
  };
}
