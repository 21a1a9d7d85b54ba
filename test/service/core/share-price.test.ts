// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import {
  afterDeposit,
  afterExit,
  afterReward,
  afterSlash,
  NEW_VESTING,
  ONE_SHARE,
  type Priced,
  sharePriceOf,
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
