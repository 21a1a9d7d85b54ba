// SPDX-License-Identifier: AGPL-3.0-only
import type { Found } from "./config.ts";
import { UsageError } from "./errors.ts";
import { time } from "./format.ts";

const UNITS = { w: 604_800n, d: 86_400n, h: 3_600n, m: 60n, s: 1n } as const;
type Unit = keyof typeof UNITS;
/** In words, from a day up: nobody plans by weeks here. */
const SHOWN: readonly Unit[] = ["d", "h", "m", "s"];
const WORDS: Readonly<Record<Unit, string>> = { w: "weeks", d: "d", h: "h", m: "min", s: "s" };

/**
 * How long, as a person says it: `2h`, `1d12h`, `90m`.
 * @returns seconds
 * @throws UsageError for a number without a unit: nobody could tell which was meant
 */
export function asDuration({ text, source }: Found): bigint {
  const parts = /^([0-9]{1,9}[wdhms])+$/.test(text) ? text.match(/[0-9]+[wdhms]/g) : null;
  if (parts === null) {
    throw new UsageError(`${source}: not a duration: ${text}`, "such as 90m, 12h or 1d12h; seconds as 3600s");
  }
  return parts.reduce((sum, part) => sum + BigInt(part.slice(0, -1)) * UNITS[part.slice(-1) as Unit], 0n);
}

/** For people: its two largest units, such as `1 d 2 h`; the rest is left out. */
export function duration(seconds: bigint): string {
  const parts: string[] = [];
  let left = seconds;
  for (const unit of SHOWN) {
    const number = left / UNITS[unit];
    left %= UNITS[unit];
    if (number === 0n && parts.length === 0) continue;
    if (number > 0n) parts.push(`${number} ${WORDS[unit]}`);
    // A unit that is none ends it, too: an hour after two days is told, a second is not.
    if (parts.length === 2 || (number === 0n && parts.length === 1)) break;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

/** How far from now: `in 3 h`, `2 d ago`, `now`. */
export function relative(at: bigint, now: bigint): string {
  if (at === now) return "now";
  return at > now ? `in ${duration(at - now)}` : `${duration(now - at)} ago`;
}

/** A moment in UTC, and how far away it is. */
export function moment(at: bigint, now: bigint): string {
  return `${time(at)} (${relative(at, now)})`;
}

/**
 * A moment as a person writes it: in UTC, to the minute or the second, or a day, or so long from now (`in 2h`).
 * @returns seconds
 */
export function asMoment({ text, source }: Found, now: bigint): bigint {
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
      "such as 2027-01-31, 2027-01-31T12:00Z (both UTC) or `in 2d`",
    );
  }
  return BigInt(milliseconds / 1000);
}
