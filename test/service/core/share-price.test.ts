// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  afterDeposit,
  afterExit,
  afterReward,
  afterSlash,
  beyondRounding,
  NEW_VESTING,
  ONE_SHARE,
  type Priced,
  roundingOf,
  sharePriceOf,
  vestingFor,
  worthOf,
} from "../../../service/core/share-price.ts";
import story from "../../fixtures/share-prices.json" with { type: "json" };

type Step = (typeof story.steps)[number];

/** What the logs of a step say, beside the active assets that the vault has then. */
function after(vault: Priced, { kind, amount, active, shares }: Step, time: bigint): Priced {
  const assets = BigInt(active) - vault.active;
  switch (kind) {
    case "deposit":
      return afterDeposit(vault, { assets, shares: BigInt(shares) - vault.shares, time });
    case "exit":
      return afterExit(vault, { active: BigInt(active), shares: BigInt(amount), time });
    case "reward":
      // What goes to the commission changes no active assets.
      return assets === 0n
        ? vault
        : afterReward(vault, { assets, time, period: BigInt(story.vestingPeriod) });
    default:
      return afterSlash(vault, { active: BigInt(active), time });
  }
}

it("share prices are the contract's at each step of a story that the contract plays too", () => {
  let vault: Priced = { active: 0n, shares: 0n, vesting: NEW_VESTING };
  const deserted: boolean[] = [];
  for (const [i, step] of story.steps.entries()) {
    const time = BigInt(step.at);
    vault = after(vault, step, time);
    const unvested = vault.active + 1n - worthOf(vault, vault.shares + 1n, time);
    expect([i, vault.active, vault.shares, unvested].map(String)).toEqual([
      String(i),
      step.active,
      step.shares,
      step.unvested,
    ]);
    expect(worthOf(vault, ONE_SHARE, time)).toBe(BigInt(step.sharePrice));
    expect(sharePriceOf(vault, time)).toBe(step.shares === "0" ? undefined : BigInt(step.sharePrice));
    // Rewards find out: those of a deserted vault are commission.
    if (step.kind === "reward")
      expect(vault.active > BigInt(story.steps[i - 1]?.active ?? 0)).toBe(!vault.vesting.deserted);
    deserted.push(vault.vesting.deserted);
  }
  expect(new Set(deserted).size).toBe(2);
});

it("what deposits and exits lose by roundings is within what is said to be roundings", () => {
  const amount = fc.oneof(fc.bigInt(1n, 100n), fc.bigInt(1n, 2n ** 95n));
  const vaults = fc.record({ active: amount, shares: amount });
  fc.assert(
    fc.property(vaults, fc.array(amount, { minLength: 1, maxLength: 5 }), amount, (start, deposits, exit) => {
      // No share is worth more than 10^9 wei, or less than a billionth: a vault refuses what would make it so.
      fc.pre(start.shares <= start.active * 10n ** 9n && start.active <= start.shares * 10n ** 9n);
      let vault: Priced = { ...start, vesting: NEW_VESTING };
      let [held, gained, conversions] = [0n, 0n, 0];
      for (const assets of deposits) {
        const shares = (assets * (vault.shares + 1n)) / (vault.active + 1n);
        if (shares === 0n) continue;
        vault = { ...vault, active: vault.active + assets, shares: vault.shares + shares };
        [held, gained, conversions] = [held + shares, gained - assets, conversions + 1];
      }
      const left = exit < held ? exit : held;
      const priced = worthOf(vault, left, 0n);
      vault = { ...vault, active: vault.active - priced, shares: vault.shares - left };
      gained += priced + worthOf(vault, held - left, 0n);
      const rounding = roundingOf(conversions + 1, sharePriceOf(vault, 0n) ?? 0n);
      expect(gained).toBeLessThanOrEqual(0n);
      expect(-gained).toBeLessThanOrEqual(rounding);
    }),
  );
});

it("a wei that was put in and one that was put into a dear vault are within it", () => {
  expect(roundingOf(1, ONE_SHARE)).toBe(2n);
  expect(roundingOf(0, 0n)).toBe(1n);
  expect(roundingOf(3, 5n * ONE_SHARE + 1n)).toBe(24n);
});

it("what shares are worth, and what still vests for them, is what they are worth once all has vested", () => {
  const amount = fc.bigInt(1n, 2n ** 95n);
  fc.assert(
    fc.property(amount, amount, amount, fc.bigInt(0n, 100n), (active, all, shares, time) => {
      const vesting = { unvested: active / 3n, at: 10n, end: 90n, deserted: false };
      const vault = { active, shares: all, vesting };
      const [now, later] = [worthOf(vault, shares, time), worthOf(vault, shares, 90n)];
      const missing = later - now - vestingFor(vault, shares, time);
      expect([0n, 1n]).toContain(missing);
      if (time >= 90n) expect(vestingFor(vault, shares, time)).toBe(0n);
    }),
  );
});

it.each([
  [0n, 2n, 0n],
  [-1n, 2n, 0n],
  [2n, 2n, 0n],
  [-3n, 2n, -3n],
  [3n, 2n, 3n],
  [-(2n ** 96n), 4n, -(2n ** 96n)],
])("a gain of %s wei, of which roundings make at most %s, is told as %s", (gain, rounding, told) => {
  expect(beyondRounding(gain, rounding)).toBe(told);
});
