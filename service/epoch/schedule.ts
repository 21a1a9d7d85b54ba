// SPDX-License-Identifier: AGPL-3.0-only
import { Cron } from "croner";

/** When something is to be done, by this machine's clock. */
export interface Schedule {
  /** The last firing up to now; undefined if there was none yet. */
  readonly lastFiring: () => Date | undefined;
  /** The first firing at or after a time, both in seconds. */
  readonly firstFiring: (time: bigint) => bigint | undefined;
}

/** A schedule in cron's notation, in UTC. @throws Error if it is none, or never fires from now on */
export function scheduleOf(expression: string): Schedule {
  const cron = new Cron(expression, { timezone: "UTC", paused: true });
  if (cron.nextRun() === null)
    throw new Error(`"${expression}" has no firing ahead: it names no date to come`);
  return {
    // The library gives those before a moment, and those after; one that is now counts too.
    lastFiring: () => cron.previousRuns(1, new Date(Date.now() + 1))[0],
    firstFiring(time) {
      const next = cron.nextRun(new Date(Number(time - 1n) * 1_000));
      return next === null ? undefined : BigInt(Math.floor(next.getTime() / 1_000));
    },
  };
}
