// SPDX-License-Identifier: AGPL-3.0-only
import type { Logger } from "pino";
import type { Context } from "./context.ts";
import { oneLine, printable } from "./printable.ts";

const STDERR = 2;
const LEVELS: Readonly<Record<number, string>> = {
  20: "debug",
  30: "info",
  40: "warning",
  50: "error",
  60: "fatal",
};
/** Shown in a place of their own, or of no use to a person. */
const KNOWN = ["level", "time", "pid", "hostname", "msg", "hint"];

type Pino = typeof import("pino").pino;

/** Lines for people where standard error is a terminal, and JSON elsewhere. */
export function loggerOf({ env, terminal }: Pick<Context, "env" | "terminal">, pino: Pino): Logger {
  const stream =
    terminal === undefined
      ? pino.destination(STDERR)
      : { write: (line: string) => terminal.write(`${printable(oneLine(lineForPeople(line)))}\n`) };
  return pino({ level: env.PROVENDER_LOG_LEVEL || "warn" }, stream);
}

/** Time, level, message, what to do, and whatever else the line holds. */
function lineForPeople(json: string): string {
  const line = JSON.parse(json) as Record<string, unknown>;
  const { level, time, msg, hint } = line;
  const at = new Date(Number(time)).toISOString().replace("T", " ").slice(0, 19);
  const rest = Object.entries(line)
    .filter(([key]) => !KNOWN.includes(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const more = rest.length === 0 ? "" : ` (${rest.join(", ")})`;
  return `${at} ${LEVELS[Number(level)] ?? level}: ${msg}${hint === undefined ? "" : `; ${hint}`}${more}`;
}
