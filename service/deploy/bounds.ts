// SPDX-License-Identifier: AGPL-3.0-only
import type { Bounds } from "./json-fields.ts";

const HOUR = 3_600n;
const DAY = 24n * HOUR;

/** What single fields of a config may be: the bounds of the contracts, which check them again. */
export const BOUNDS = {
  "timelock.minDelay": [60n, 60n * DAY],
  "registry.unbondingDelay": [HOUR, 60n * DAY],
  "registry.vestingPeriod": [HOUR, 60n * DAY],
  "registry.minSelfStake": [10n ** 15n, 10n ** 27n],
  "registry.maxCommissionBps": [0n, 10_000n],
  "registry.commissionNotice": [0n, 365n * DAY],
  "market.epochLength": [HOUR, 90n * DAY],
  "market.expiryGrace": [HOUR, 7n * DAY],
  "market.protocolFeeBps": [0n, 3_000n],
  "market.lockBps": [100n, 50_000n],
  "market.maxStakeMultiple": [1n, 1_000n],
  "market.minFee": [1n, 10n ** 24n],
  "market.bond": [10n ** 15n, 10n ** 24n],
  "market.maxOpenAssignments": [1n, 10_000n],
  "distributor.challengeWindow": [60n, 90n * DAY],
  "distributor.budget": [0n, 2n ** 95n],
} as const satisfies Record<string, Bounds>;

/** Public inputs of a zk proof are below it: program keys, digests. */
export const SCALAR_FIELD_ORDER = 0x30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001n;
export const MULTIPLIER_BOUNDS: Bounds = [0n, 1_000_000n];
export const VERIFIER_COUNT: Bounds = [1n, 255n];
export const MAX_AUDITORS = 64;
/** A bond is stored in gwei. */
export const BOND_UNIT = 10n ** 9n;
/** The challenge window is at most an epoch divided by it. */
export const WINDOW_DIVISOR = 4n;
/**
 * A reward vests over at least an epoch divided by it: whoever came just before it was paid, and left at once, would
 * take it along. No contract knows both numbers.
 */
export const VESTING_DIVISOR = 4n;
