// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { asUint } from "./guard.ts";

/** A vault's active assets as from `time`. */
export interface StakePoint {
  readonly active: bigint;
  readonly time: bigint;
}

/**
 * `floor(Σ aₖ·Δtₖ / T)` over [start, end). `points` are the vault's changes in chain order, from its creation or from
 * the last one at or before `start`. That none is missing is for the vault's rolling hash to say.
 *
 * @throws InputError if the epoch has no length, a value is negative, or the points are not in order
 */
export function stake(points: readonly StakePoint[], start: bigint, end: bigint): bigint {
  asUint(start, "start");
  if (asUint(end, "end") <= start) {
    throw new InputError(
      "out-of-range",
      "end",
      `${end} is not after start ${start}`,
      "give an epoch's start and end",
    );
  }
  let assetSeconds = 0n;
  points.forEach((point, k) => {
    const field = `points[${k}]`;
    asUint(point.active, `${field}.active`);
    asUint(point.time, `${field}.time`);
    const before = points[k - 1];
    if (before !== undefined && point.time < before.time) {
      throw new InputError(
        "mismatch",
        `${field}.time`,
        "earlier than the point before",
        "give points in chain order",
      );
    }
    const from = point.time > start ? point.time : start;
    const next = points[k + 1]?.time ?? end;
    const to = next < end ? next : end;
    if (to > from) assetSeconds += point.active * (to - from);
  });
  return assetSeconds / (end - start);
}
