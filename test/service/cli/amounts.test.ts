// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import { asSomeTokens, asTokens, tokens } from "../../../service/cli/amounts.ts";

const source = "--budget";

it.each([
  ["10000", 10_000n * 10n ** 18n],
  ["0.25", 25n * 10n ** 16n],
  ["0", 0n],
  ["0.000000000000000001", 1n],
])("%s is an amount in tokens", (text, wei) => {
  expect(asTokens({ text, source })).toBe(wei);
});

it("an amount is in wei where that is asked for", () => {
  expect(asTokens({ text: "1000000000000000000", source }, true)).toBe(10n ** 18n);
  expect(() => asTokens({ text: "0.5", source }, true)).toThrow("--budget: not an amount of wei: 0.5");
});

it.each(["", "-1", "1,000", "1e18", "01", ".5", "1.", "0x10", "1 000", "0.0000000000000000001", "10 TEST"])(
  "%o is no amount",
  (text) => {
    expect(() => asTokens({ text, source })).toThrow(`--budget: not an amount in tokens: ${text}`);
  },
);

it("an amount that no contract can hold is refused", () => {
  expect(() => asTokens({ text: "79228162515", source })).toThrow("more than there can be");
  expect(asTokens({ text: String(2n ** 96n - 1n), source }, true)).toBe(2n ** 96n - 1n);
});

it("amounts are shown in tokens, with their wei where these say less", () => {
  expect(tokens(1_234_500n * 10n ** 18n, "TEST")).toBe("1,234,500 TEST");
  expect(tokens(15n * 10n ** 17n + 1n, "TEST")).toBe("1.5 TEST (1500000000000000001 wei)");
  expect(tokens(1n, "TEST")).toBe("<0.000001 TEST (1 wei)");
  expect(tokens(0n, "TEST")).toBe("0 TEST");
});

it("0 moves nothing, and is said to be the fault of what was given", () => {
  expect(asSomeTokens({ text: "0.5", source })).toBe(5n * 10n ** 17n);
  for (const [text, inWei] of [
    ["0", false],
    ["0.000", false],
    ["0", true],
  ] as const) {
    expect(() => asSomeTokens({ text, source }, inWei, ", or `all`")).toThrow(
      expect.objectContaining({
        message: "--budget: 0 is nothing",
        hint: "give more than 0, or `all`",
      }),
    );
  }
});
