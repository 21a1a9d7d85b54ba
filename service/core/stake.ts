// SPDX-License-Identifier: AGPL-3.0-only
import { InputError } from "./errors.ts";
import { asUint } from "./guard.ts";

/** A vault's active assets as from `time`, with Σ active·seconds up to `time`. */
export interface StakePoint {
  readonly active: bigint;
  readonly activeSeconds: bigint;
  readonly time: bigint;
}

/**
 * `floor(Σ aₖ·Δtₖ / T)` over [start, end). `points` are the vault's changes in chain order, from its creation or from
 * any point at or before `start`; each must continue the sum of the one before, so a missing change is found here.
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
  points.forEach((point, k) => {
    const field = `points[${k}]`;
    asUint(point.active, `${field}.active`);
    asUint(point.activeSeconds, `${field}.activeSeconds`);
    asUint(point.time, `${field}.time`);
    const before = points[k - 1];
    if (before === undefined) {
      if (point.time > start && point.activeSeconds !== 0n) {
        throw new InputError(
          "missing",
          field,
          "the series begins inside the epoch with a sum above 0",
          "give the vault's changes from its creation, or from one at or before the epoch's start",
        );
      }
      return;
    }
    if (point.time < before.time) {
      throw new InputError(
        "mismatch",
        `${field}.time`,
        "earlier than the point before",
        "give points in chain order",
      );
    }
    if (point.activeSeconds !== sumAt(before, point.time)) {
      throw new InputError(
        "mismatch",
        `${field}.activeSeconds`,
        `${point.activeSeconds} does not continue the point before, which gives ${sumAt(before, point.time)}`,
        "a change of active assets is missing, added or out of order: read the vault's logs again",
      );
    }
  });
  return (sumUpTo(points, end) - sumUpTo(points, start)) / (end - start);
}

function sumUpTo(points: readonly StakePoint[], time: bigint): bigint {
  const last = points.findLast((point) => point.time <= time);
  return last === undefined ? 0n : sumAt(last, time);
}

function sumAt(point: StakePoint, time: bigint): bigint {
  return point.activeSeconds + point.active * (time - point.time);
}
