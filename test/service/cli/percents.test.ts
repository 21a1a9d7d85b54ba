// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import { asFactor, asPercent } from "../../../service/cli/percents.ts";

const source = "--commission";

it.each([
  ["10%", 1_000n],
  ["10 %", 1_000n],
  ["10", 1_000n],
  ["12.5%", 1_250n],
  ["0.01", 1n],
  ["0", 0n],
  ["100%", 10_000n],
])("%s is a part, in percent", (text, bps) => {
  expect(asPercent({ text, source })).toBe(bps);
});

it.each(["", "%", "-1", "0.001", "100.01%", "1000bps", "1x", "1,5", "ten"])("%o is no part", (text) => {
  expect(() => asPercent({ text, source })).toThrow(
    expect.objectContaining({
      message: `--commission: not a part in percent, from 0 to 100: ${text}`,
      hint: "such as 10% or 12.5%; 10 is the same as 10%",
    }),
  );
});

it("a part may be more than all, where it is of something else", () => {
  expect(asPercent({ text: "150%", source }, 50_000n)).toBe(15_000n);
  expect(() => asPercent({ text: "501%", source }, 50_000n)).toThrow("from 0 to 500: 501%");
});

it.each([
  ["1x", 10_000n],
  ["1.25x", 12_500n],
  ["1.25", 12_500n],
  ["0x", 0n],
  ["0.0001x", 1n],
])("%s is a factor", (text, bps) => {
  expect(asFactor({ text, source })).toBe(bps);
});

it.each(["", "x", "1%", "-1x", "1.00001x", "1X", "x1"])("%o is no factor", (text) => {
  expect(() => asFactor({ text, source })).toThrow(`--commission: not a factor: ${text}`);
});
