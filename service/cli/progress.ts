// SPDX-License-Identifier: AGPL-3.0-only
import type { Progress } from "../epoch/sync.ts";
import type { Context, Terminal } from "./context.ts";

export interface Reporter {
  readonly show: (progress: Progress) => void;
  /** A line of its own; what is shown meanwhile stays below it. */
  readonly say: (line: string) => void;
  /** Leaves the terminal as it was. */
  readonly end: () => void;
}

/** Milliseconds between two looks at it: of a person, and of a log. */
const DRAWN_EVERY = 100;
const LOGGED_EVERY = 5_000;
const BAR = 24;

/** Progress for whoever watches: a bar on a terminal, or lines of JSON where standard error goes to a log. */
export async function reporterOf(context: Context): Promise<Reporter> {
  return context.terminal === undefined ? logReporter(context) : barReporter(context, context.terminal);
}

async function logReporter({ note }: Context): Promise<Reporter> {
  const { pino } = await import("pino");
  const logger = pino({ base: null }, { write: (line) => note(line.trimEnd()) });
  const left = timeLeft();
  const due = sparing(LOGGED_EVERY);
  return {
    show(progress) {
      const secondsLeft = left(progress);
      if (!due(progress)) return;
      const { block, last, logs } = progress;
      logger.info({ block: Number(block), last: Number(last), logs, secondsLeft }, "reading the chain");
    },
    say: (line) => logger.info(line),
    end: () => undefined,
  };
}

function barReporter({ note }: Context, { write, columns }: Terminal): Reporter {
  const left = timeLeft();
  const due = sparing(DRAWN_EVERY);
  const clear = () => write("\r\u001b[K");
  return {
    show(progress) {
      const seconds = left(progress);
      if (!due(progress)) return;
      const { block, last, logs } = progress;
      const rest = seconds === undefined ? "" : `, ${timeText(seconds)} left`;
      const line = `${barOf(progress)} block ${block} of ${last}, ${logs} logs${rest}`;
      clear();
      write(line.slice(0, columns() - 1));
    },
    say(line) {
      clear();
      note(line);
    },
    end: clear,
  };
}

/** Says when it is time to show something again; the end always is. */
function sparing(every: number): (progress: Progress) => boolean {
  let shownAt = Number.NEGATIVE_INFINITY;
  return ({ block, last }) => {
    if (block < last && performance.now() - shownAt < every) return false;
    shownAt = performance.now();
    return true;
  };
}

/** Seconds until the end, if blocks go on as fast as until now; undefined while nobody can tell. */
function timeLeft(): (progress: Progress) => number | undefined {
  const began = performance.now();
  return ({ first, block, last }) => {
    const [done, missing] = [Number(block - first) + 1, Number(last - block)];
    const seconds = (performance.now() - began) / 1_000;
    return seconds < 1 ? undefined : Math.ceil((seconds * missing) / done);
  };
}

function timeText(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(seconds / 3_600)} h ${Math.round((seconds % 3_600) / 60)} min`;
}

function barOf({ first, block, last }: Progress): string {
  const [done, all] = [Number(block - first) + 1, Number(last - first) + 1];
  const filled = Math.floor((BAR * done) / all);
  return `[${"=".repeat(filled)}${" ".repeat(BAR - filled)}] ${Math.floor((100 * done) / all)} %`;
}
