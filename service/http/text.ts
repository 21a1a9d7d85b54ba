// SPDX-License-Identifier: AGPL-3.0-only

/** Digits, as a number is answered that JSON's own may not hold; null for what is not known, or not there. */
export function textOf(value: bigint | number | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}
