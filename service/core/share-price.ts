// SPDX-License-Identifier: AGPL-3.0-only

/** A vault's rewards that vest, as the contract stores them: times in seconds. */
export interface Vesting {
  /** What had not vested at `at`. */
  readonly unvested: bigint;
  readonly at: bigint;
  /** When the last of it has vested. */
  readonly end: bigint;
  /** Whether rewards go to the commission, as hardly anybody is there to share them. */
  readonly deserted: boolean;
}

/** What shares are priced by: a vault's active assets, what of them vests, and its shares. */
export interface Priced {
  readonly active: bigint;
  readonly shares: bigint;
  readonly vesting: Vesting;
}

export const NEW_VESTING: Vesting = { unvested: 0n, at: 0n, end: 0n, deserted: true };

/** With fewer shares and fewer vested assets than that an exit leaves a vault deserted. */
const FEW = 10n ** 12n;
export const ONE_SHARE = 10n ** 18n;

/** Rounded down, as in the contract: what has vested is rounded up. */
function unvestedAt({ unvested, at, end }: Vesting, time: bigint): bigint {
  return time >= end || end <= at ? 0n : (unvested * (end - time)) / (end - at);
}

/** What an exit of so many shares is priced at, in wei, rounded down: the vault's `convertToAssets`. */
export function worthOf({ active, shares: all, vesting }: Priced, shares: bigint, time: bigint): bigint {
  return (shares * (active - unvestedAt(vesting, time) + 1n)) / (all + 1n);
}

/** What so many shares will be worth besides, once all has vested, rounded down: an exit leaves it to the others. */
export function vestingFor({ shares: all, vesting }: Priced, shares: bigint, time: bigint): bigint {
  return (shares * unvestedAt(vesting, time)) / (all + 1n);
}

/** What 10^18 shares are worth, in wei, rounded down; undefined if there are none. */
export function sharePriceOf(vault: Priced, time: bigint): bigint | undefined {
  return vault.shares === 0n ? undefined : worthOf(vault, ONE_SHARE, time);
}

/**
 * The most, in wei, by which roundings alone may move a gain away from 0, after so many `conversions` between shares and assets
 * and the one that says what is left is worth. Each is off by less than a share, whose price is rounded up, or by less
 * than a wei where that is more.
 */
export function roundingOf(conversions: number, sharePrice: bigint): bigint {
  const share = (sharePrice + ONE_SHARE - 1n) / ONE_SHARE;
  return BigInt(conversions + 1) * (share > 1n ? share : 1n);
}

/** A gain or a loss, in wei; 0 where no more than `rounding` made it. */
export function beyondRounding(gain: bigint, rounding: bigint): bigint {
  return gain <= rounding && -gain <= rounding ? 0n : gain;
}

/**
 * The vault once `assets` were deposited for `shares` new ones; what they exceed the shares' worth by, rounded down,
 * vests.
 */
export function afterDeposit(
  { active, shares: all, vesting }: Priced,
  { assets, shares, time }: { readonly assets: bigint; readonly shares: bigint; readonly time: bigint },
): Priced {
  const after = { active: active + assets, shares: all + shares };
  const unvested = unvestedAt(vesting, time);
  if (unvested === 0n && !vesting.deserted) return { ...after, vesting };
  // What the deposit exceeds its shares' vested worth by vests with the rest; that worth is rounded up.
  const worth = (shares * (active + 1n - unvested) + all) / (all + 1n);
  const priced = { ...after, vesting: { ...vesting, unvested: unvested + assets - worth, at: time } };
  return isFew(priced, time) ? priced : { ...priced, vesting: { ...priced.vesting, deserted: false } };
}

/** The vault once `shares` were burned for an exit; `active` is what it has left, 0 if they were the last. */
export function afterExit(
  { shares: all, vesting }: Priced,
  { active, shares, time }: { readonly active: bigint; readonly shares: bigint; readonly time: bigint },
): Priced {
  const left = all - shares;
  const kept = left === 0n ? { unvested: 0n, at: time, end: 0n, deserted: vesting.deserted } : vesting;
  const priced = { active, shares: left, vesting: kept };
  return isFew(priced, time) ? { ...priced, vesting: { ...kept, deserted: true } } : priced;
}

/** Whether hardly anybody is left to share a reward, whatever vests. */
function isFew({ active, shares, vesting }: Priced, time: bigint): boolean {
  return shares < FEW && active - unvestedAt(vesting, time) < FEW;
}

/**
 * The vault once a reward came of which `assets` vest, over `period` seconds; the end of what vests is rounded down.
 */
export function afterReward(
  { active, shares, vesting }: Priced,
  { assets, time, period }: { readonly assets: bigint; readonly time: bigint; readonly period: bigint },
): Priced {
  const before = unvestedAt(vesting, time);
  const left = vesting.end > time ? vesting.end - time : 0n;
  const end = assets === 0n ? vesting.end : time + (before * left + assets * period) / (before + assets);
  return {
    active: active + assets,
    shares,
    vesting: { unvested: before + assets, at: time, end, deserted: vesting.deserted },
  };
}

/**
 * The vault once a slash left it `active` assets: what vests loses as large a part, and what is left of it is rounded
 * down.
 */
export function afterSlash(
  { active: before, shares, vesting }: Priced,
  { active, time }: { readonly active: bigint; readonly time: bigint },
): Priced {
  const unvested = unvestedAt(vesting, time);
  if (unvested === 0n || before === 0n) return { active, shares, vesting };
  return { active, shares, vesting: { ...vesting, unvested: (unvested * active) / before, at: time } };
}
