// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import { shownGain } from "../../../service/cli/gain.ts";

describe("the gain that a staker is shown", () => {
  it.each([
    [0n, 2n, 0n],
    [-1n, 2n, 0n],
    [2n, 2n, 0n],
    [-3n, 2n, -3n],
    [3n, 2n, 3n],
    [-(2n ** 96n), 4n, -(2n ** 96n)],
  ])("of %s wei, where roundings make at most %s, is %s", (gain, rounding, shown) => {
    expect(shownGain({ gain, rounding })).toBe(shown);
  });
});
