// SPDX-License-Identifier: AGPL-3.0-only
import type { Found } from "./config.ts";
import { UsageError } from "./errors.ts";

export { duration, moment, relative } from "../chain/moments.ts";

const UNITS = { w: 604_800n, d: 86_400n, h: 3_600n, m: 60n, s: 1n } as const;
type Unit = keyof typeof UNITS;

/**
 * How long, as a person says it: `2h`, `1d12h`, `90m`. `or` is what else may be given there, for the error.
 * @returns seconds
 * @throws UsageError for a number without a unit: nobody could tell which was meant
 */
export function asDuration({ text, source }: Found, or = ""): bigint {
  const parts = /^([0-9]{1,9}[wdhms])+$/.test(text) ? text.match(/[0-9]+[wdhms]/g) : null;
  if (parts === null) {
    throw new UsageError(`${source}: not a duration: ${text}`, `such as 90m, 2h or 1d12h${or}${meant(text)}`);
  }
  return parts.reduce((sum, part) => sum + BigInt(part.slice(0, -1)) * UNITS[part.slice(-1) as Unit], 0n);
}

const WORD = /(\d+)\s*(weeks?|days?|hours?|minutes?|mins?|seconds?|secs?|[wdhms])\b/gi;

/** What words most likely stand for: `2 hours` for 2h; a number alone for seconds. */
function meant(text: string): string {
  if (/^\d+$/.test(text)) return `; seconds as ${text}s`;
  // Nothing but such words, or it would be a guess.
  if (text.replace(WORD, "").trim() !== "") return "";
  const words = [...text.matchAll(WORD)];
  const short = words.map(([, count, unit]) => `${count}${unit?.[0]?.toLowerCase()}`).join("");
  return short === "" || short === text ? "" : `; perhaps ${short}`;
}

const OR_MOMENT = ", or a date in UTC such as 2027-01-31T12:00Z";

/**
 * By when something has to be done, as a person says it: so long from now (`2h`), or a moment in UTC.
 * @returns seconds
 */
export function asTerm(found: Found, now: bigint): bigint {
  const isMoment = found.text.startsWith("in ") || /^\d{4}-/.test(found.text);
  return isMoment ? asMoment(found, now) : now + asDuration(found, OR_MOMENT);
}

/**
 * A moment as a person writes it: in UTC, to the minute or the second, or a day, or so long from `now` (`in 2h`).
 * Gives seconds. `or` is what else may be given there, for the error.
 * @throws UsageError for anything else
 */
export function asMoment({ text, source }: Found, now: bigint, or = ""): bigint {
  if (text.startsWith("in ")) return now + asDuration({ text: text.slice(3).trim(), source });
  const form = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?Z?)?$/;
  const milliseconds = form.test(text)
    ? Date.parse(text.endsWith("Z") || !text.includes("T") ? text : `${text}Z`)
    : Number.NaN;
  const isReal =
    !Number.isNaN(milliseconds) && new Date(milliseconds).toISOString().startsWith(text.slice(0, 10));
  if (!isReal) {
    throw new UsageError(
      `${source}: not a date: ${text}`,
      `such as 2027-01-31, 2027-01-31T12:00Z (both UTC) or \`in 2d\`${or}`,
    );
  }
  return BigInt(milliseconds / 1000);
}
