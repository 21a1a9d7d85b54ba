// SPDX-License-Identifier: AGPL-3.0-only

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** In the page's own language, whatever the reader's numbers look like: "2 hours ago", "in 3 days", for seconds since 1970 beside now. */
export function relativeTime(seconds: number, now: number, locale = "en"): string {
  const difference = seconds - now;
  const size = Math.abs(difference);
  const [unit, length] = UNITS.find(([, each]) => size >= each) ?? ["second", 1];
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return format.format(Math.trunc(difference / length), unit);
}

/** "2026-11-29 10:48:00 UTC". */
export function utcTime(seconds: number): string {
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** "1 day 4 hours", of the two largest units. */
export function duration(seconds: number, locale = "en"): string {
  const first = UNITS.findIndex(([, each]) => seconds >= each);
  if (first === -1) return unitText(0, "second", locale);
  let left = Math.floor(seconds);
  const parts: string[] = [];
  for (const [unit, length] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0) parts.push(unitText(count, unit, locale));
  }
  return parts.join(" ");
}

function unitText(count: number, unit: string, locale: string): string {
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
}
