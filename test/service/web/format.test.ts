// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import {
  parseAmount,
  shownAmount,
  shownBps,
  shownGain,
  shownRatio,
  typedAmount,
} from "../../../service/web/format/amount.ts";
import { policyWords } from "../../../service/web/format/policy.ts";
import { duration, relativeTime, utcTime } from "../../../service/web/format/time.ts";
import { readSettings, requireUrl } from "../../../service/web/settings.ts";

const WEI = 10n ** 18n;

describe("an amount as it is typed or pasted", () => {
  it.each([
    ["1,000", "en", 1_000n * WEI],
    ["1,000", "de", 1n * WEI],
    ["1.000", "de", 1_000n * WEI],
    ["1.000", "en", 1n * WEI],
    ["1 234,5", "fr", 12_345n * (WEI / 10n)],
    ["1.234,5", "de", 12_345n * (WEI / 10n)],
    ["1,234.5", "en", 12_345n * (WEI / 10n)],
    ["1,234,567", "en", 1_234_567n * WEI],
    ["1'234.5", "de-CH", 12_345n * (WEI / 10n)],
    ["0,5", "de", WEI / 2n],
    ["0,5", "en", WEI / 2n],
    [" 12 ", "en", 12n * WEI],
    [".5", "en", WEI / 2n],
    ["0.000000000000000001", "en", 1n],
    ["79228162514.264337593543950335", "en", 2n ** 96n - 1n],
  ])("%s in %s", (text, locale, wei) => {
    expect(parseAmount(text, locale)).toBe(wei);
  });

  it.each([
    ["", "give an amount"],
    ["0", "above zero"],
    ["-1", "above zero"],
    ["1e3", "in digits"],
    ["0x10", "in digits"],
    ["1.2.3,4,5", "in two ways"],
    ["12,34,5", "in two ways"],
    ["0.0000000000000000001", "18 decimals"],
    ["79228162514.264337593543950336", "fewer than 2^96"],
  ])("%j is refused, and it is said why", (text, why) => {
    expect(() => parseAmount(text, "en")).toThrow(why);
  });

  it.each(["en", "de", "fr", "de-CH", "hi", "ar-EG"])(
    "all that there is comes back to the last wei in %s",
    (locale) => {
      for (const wei of [1n, 2n ** 96n - 1n, 1_234_567n * WEI + 1n])
        expect(parseAmount(typedAmount(wei, locale), locale)).toBe(wei);
    },
  );
});

describe("what is shown", () => {
  it("is rounded to the nearest, never to nothing, and exact beyond what a number holds", () => {
    expect(shownAmount(1_234_567n * WEI + 1n, "en")).toBe("1,234,567");
    expect(shownAmount(108_104n * WEI - 1n, "en")).toBe("108,104");
    expect(shownAmount(1n, "en")).toBe("0.000000000000000001");
    expect(shownAmount(0n, "en")).toBe("0");
    expect(shownAmount(2n ** 96n - 1n, "en")).toBe("79,228,162,514.2643");
    expect(shownAmount(-WEI / 2n, "de")).toBe("-0,5");
  });

  it("is no gain and no loss where roundings alone may have made it", () => {
    const most = 2n ** 96n - 1n;
    const shown = ([wei, rounding]: readonly [bigint, bigint]) => shownGain(wei, rounding, "en");
    expect(
      (
        [
          [-1n, 2n],
          [1n, 2n],
          [2n, 2n],
          [-2n, 2n],
          [0n, 0n],
        ] as const
      ).map(shown),
    ).toEqual(Array(5).fill("0"));
    expect(
      (
        [
          [3n, 2n],
          [-3n, 2n],
          [-1n, 0n],
          [-most, 2n],
          [most, 2n],
        ] as const
      ).map(shown),
    ).toEqual([
      ...["+0.000000000000000003", "-0.000000000000000003", "-0.000000000000000001"],
      ...["-79,228,162,514.2643", "+79,228,162,514.2643"],
    ]);
  });

  it("has the locale's percentages, with a sign where it matters", () => {
    expect([
      shownBps(9_875, "en"),
      shownRatio(0.0123, "en"),
      shownRatio(-0.5, "en"),
      shownRatio(0, "en"),
    ]).toEqual(["98.75%", "+1.23%", "-50%", "0%"]);
  });

  it("says times relative and absolute", () => {
    expect(relativeTime(1_000, 1_090, "en")).toBe("1 minute ago");
    expect(relativeTime(1_000, 1_000, "en")).toBe("now");
    expect(relativeTime(100_000, 1_000, "en")).toBe("tomorrow");
    expect(utcTime(0)).toBe("1970-01-01 00:00:00 UTC");
    expect([duration(100_000, "en"), duration(3_600, "en"), duration(0, "en")]).toEqual([
      "1 day 3 hours",
      "1 hour",
      "0 seconds",
    ]);
  });
});

it("a policy is told in sentences, and one that is none is said to be none", () => {
  const campaign = { requesters: [{}], partBps: 5_000, feeMatch: { of: "fee", bps: 4_000 } };
  const policy = {
    ...{ id: "capped", params: { capNumerator: "1", capDenominator: "2" } },
    ...{ guards: { exclusions: [], minStake: "1000000000000000000" }, campaigns: [campaign, campaign] },
  };
  expect(policyWords(JSON.stringify(policy))).toEqual([
    "Each prover is paid by its part of the work, and at most 50% of its stake.",
    "Nobody with a stake below 1 is paid.",
    "2 campaigns, each: 50% of the budget for work on requests of requesters that the foundation names, at most 40% of their fees.",
  ]);
  expect(policyWords("{")).toEqual(["It is no policy that can be read: no epoch can be run by it."]);
});

describe("what the page's address names", () => {
  it("is taken with checksums", () => {
    const distributor = "0x2279b7a0a67db372996a5fab50d91eaa73d2ebe6";
    expect(readSettings(`?rpc=https://a.example/key&distributor=${distributor}`)).toEqual({
      rpc: "https://a.example/key",
      distributor: "0x2279B7A0a67DB372996a5FaB50D91eAA73d2eBe6",
    });
  });

  it.each([
    ["?distributor=0x12", "distributor: 0x12 is no address"],
    ["?rpc=ftp://a", "rpc: ftp://a is no URL"],
    ["?rpc=http://10.0.0.1", "rpc: http://10.0.0.1 is not encrypted"],
  ])("is refused where it is wrong, by the part's name: %s", (search, message) => {
    expect(() => readSettings(search)).toThrow(message);
  });

  it("may be an endpoint of this machine", () => {
    expect(requireUrl("rpc", "http://127.0.0.1:8545")).toBe("http://127.0.0.1:8545");
  });
});
