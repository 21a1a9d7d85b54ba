// SPDX-License-Identifier: AGPL-3.0-only

/** More than a block has logs. */
const INDICES = 2 ** 22;

/** A log's place, as one number. */
export function placeOf(block: number, logIndex: number): number {
  return block * INDICES + logIndex;
}
