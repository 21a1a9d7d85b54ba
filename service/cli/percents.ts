// SPDX-License-Identifier: AGPL-3.0-only
import type { Found } from "./config.ts";
import { UsageError } from "./errors.ts";

const WHOLE = 10_000n;

/**
 * A part as a person types it, in percent, with its sign or without: `5`, `12.5`, `12.5%`. No more than `most` basis
 * points, which are 100 % unless told otherwise.
 * @returns basis points
 * @throws UsageError for anything else, also for parts of a basis point
 */
export function asPercent({ text, source }: Found, most = WHOLE): bigint {
  const [, whole, fraction = ""] = /^(\d{1,6})(?:\.(\d{1,2}))? ?%?$/.exec(text) ?? [];
  const bps = whole === undefined ? -1n : BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0"));
  if (bps >= 0n && bps <= most) return bps;
  throw new UsageError(
    `${source}: not a part in percent, from 0 to ${most / 100n}: ${text}`,
    "such as 10% or 12.5%; 10 is the same as 10%",
  );
}

/**
 * A factor as a person types it, with its sign or without: `1x`, `1.25x`, `1.25`.
 * @returns basis points: 10,000 is 1x
 * @throws UsageError for anything else, also for parts of a basis point
 */
export function asFactor({ text, source }: Found): bigint {
  const [, whole, fraction = ""] = /^(\d{1,6})(?:\.(\d{1,4}))?x?$/.exec(text) ?? [];
  if (whole !== undefined) return BigInt(whole) * WHOLE + BigInt(fraction.padEnd(4, "0"));
  throw new UsageError(
    `${source}: not a factor: ${text}`,
    "such as 1x, 1.25x or 0x; 1.25 is the same as 1.25x",
  );
}
