// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, test } from "vitest";
import { amount, percent, table, work } from "../../../service/cli/format.ts";

describe("amounts for people", () => {
  test.each([
    [0n, "0"],
    [1n, "<0.000001"],
    [10n ** 12n, "0.000001"],
    [15n * 10n ** 17n, "1.5"],
    [1_234_567n * 10n ** 18n + 999_999_999_999n, "1,234,567"],
    [2n ** 95n, "39,614,081,257.132168"],
  ])("%s wei are %s tokens", (wei, text) => {
    expect(amount(wei)).toBe(text);
  });

  test("work is fees times multipliers, in tokens", () => {
    expect(work(10n ** 18n * 10_000n)).toBe("1");
  });

  test("rates are in percent", () => {
    expect(percent(1_050)).toBe("10.5 %");
  });
});

test("a table's columns are as wide as their widest cell, text from the left and numbers from the right", () => {
  expect(
    table(
      ["who", "amount"],
      [
        ["ada", "1"],
        ["benjamin", "1,000"],
      ],
      1,
    ).split("\n"),
  ).toEqual(["who       amount", "────────  ──────", "ada            1", "benjamin   1,000"]);
});
