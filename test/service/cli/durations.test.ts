// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import { asDuration, asMoment, asTerm, duration, moment, relative } from "../../../service/cli/durations.ts";

const source = "<window>";

it.each([
  ["90m", 5_400n],
  ["2h", 7_200n],
  ["1d12h", 129_600n],
  ["1w", 604_800n],
  ["3600s", 3_600n],
])("%s is a duration", (text, seconds) => {
  expect(asDuration({ text, source })).toBe(seconds);
});

it.each(["", "3600", "2 h", "h", "1.5h", "-1h", "1y", "2H"])("%o is no duration", (text) => {
  expect(() => asDuration({ text, source })).toThrow(`<window>: not a duration: ${text}`);
});

it.each([
  ["2 hours", "; perhaps 2h"],
  ["2 h", "; perhaps 2h"],
  ["1 day 12 hours", "; perhaps 1d12h"],
  ["90 min", "; perhaps 90m"],
  ["3600", "; seconds as 3600s"],
  ["1.5h", ""],
  ["99999999999w", ""],
  ["2 years", ""],
])("of %o it is said what it may be meant to be", (text, meant) => {
  const hint = `such as 90m, 2h or 1d12h${meant}`;
  expect(() => asDuration({ text, source })).toThrow(expect.objectContaining({ hint }));
});

it("a term is so long from now, or a moment", () => {
  const now = 1_800_000_000n;
  expect(asTerm({ text: "2h", source }, now)).toBe(now + 7_200n);
  expect(asTerm({ text: "in 2h", source }, now)).toBe(now + 7_200n);
  expect(asTerm({ text: "2027-01-15T11:00Z", source }, now)).toBe(now + 10_800n);
  expect(() => asTerm({ text: "2 hours", source }, now)).toThrow("not a duration: 2 hours");
  const hint = "such as 90m, 2h or 1d12h, or a date in UTC such as 2027-01-31T12:00Z; seconds as 2s";
  expect(() => asTerm({ text: "2", source }, now)).toThrow(expect.objectContaining({ hint }));
  expect(() => asTerm({ text: "2027-13-01", source }, now)).toThrow("not a date: 2027-13-01");
});

it.each([
  [0n, "0 s"],
  [59n, "59 s"],
  [3_600n, "1 h"],
  [5_461n, "1 h 31 min"],
  [86_400n + 59n, "1 d"],
  [10n * 86_400n + 7_200n, "10 d 2 h"],
])("%s seconds are %s", (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it("a moment is said in UTC and from now", () => {
  const now = 1_800_000_000n;
  expect(moment(now + 10_800n, now)).toBe("2027-01-15T11:00:00Z (in 3 h)");
  expect(relative(now - 172_800n, now)).toBe("2 d ago");
  expect(relative(now, now)).toBe("now");
  const last = 8_640_000_000_000n;
  expect(moment(last, last - 1n)).toBe("+275760-09-13T00:00:00Z (in 1 s)");
  expect(moment(last + 1n, last)).toBe("after the year 275760 (in 1 s)");
});

it.each([
  ["2027-01-31", "2027-01-31T00:00:00.000Z"],
  ["2027-01-31T12:30Z", "2027-01-31T12:30:00.000Z"],
  ["2027-01-31T12:30", "2027-01-31T12:30:00.000Z"],
  ["2027-01-31T12:30:15Z", "2027-01-31T12:30:15.000Z"],
  ["in 2d", "2027-01-17T08:00:00.000Z"],
])("%s is a moment", (text, utc) => {
  const seconds = asMoment({ text, source: "--from" }, 1_800_000_000n);
  expect(new Date(Number(seconds) * 1000).toISOString()).toBe(utc);
});

it.each(["", "tomorrow", "2027-02-30", "2027-13-01", "31.1.2027", "2027-01-31T25:00Z", "1800000000"])(
  "%o is no moment",
  (text) => {
    expect(() => asMoment({ text, source: "--from" }, 0n)).toThrow(`--from: not a date: ${text}`);
  },
);
