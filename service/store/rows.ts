// SPDX-License-Identifier: AGPL-3.0-only

/** Parameters of one statement: below what both kinds of database take. */
const MAX_PARAMETERS = 6_000;

/** Items in portions small enough for one statement, of which each takes `width` parameters. */
export function* portions<T>(items: readonly T[], width: number): Generator<T[]> {
  const size = Math.max(1, Math.floor(MAX_PARAMETERS / width));
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}
