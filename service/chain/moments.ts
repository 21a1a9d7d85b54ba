// SPDX-License-Identifier: AGPL-3.0-only

/** From a day down: nobody plans by weeks here. */
const UNITS = [
  ["d", 86_400n],
  ["h", 3_600n],
  ["min", 60n],
  ["s", 1n],
] as const;

/** The last second that a date can be written for. */
const LAST = 8_640_000_000_000n;

/** A moment in UTC, from seconds since 1970: `2027-01-31T00:00:00Z`; of one that no calendar has, its year is not told. */
export function time(seconds: bigint): string {
  if (seconds > LAST) return "after the year 275760";
  return new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z");
}

/** Seconds for people: the two largest units, such as `1 d 2 h`; the rest is left out. */
export function duration(seconds: bigint): string {
  const parts: string[] = [];
  let left = seconds;
  for (const [word, unit] of UNITS) {
    const number = left / unit;
    left %= unit;
    if (number === 0n && parts.length === 0) continue;
    if (number > 0n) parts.push(`${number} ${word}`);
    // A unit that is none ends it, too: an hour after two days is told, a second is not.
    if (parts.length === 2 || (number === 0n && parts.length === 1)) break;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

/** How far from now, both in seconds: `in 3 h`, `2 d ago`, `now`. */
export function relative(at: bigint, now: bigint): string {
  if (at === now) return "now";
  return at > now ? `in ${duration(at - now)}` : `${duration(now - at)} ago`;
}

/** A moment in UTC, and how far away it is; both in seconds. */
export function moment(at: bigint, now: bigint): string {
  return `${time(at)} (${relative(at, now)})`;
}
