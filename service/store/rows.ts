// SPDX-License-Identifier: AGPL-3.0-only

/** Parameters of one statement: below what both kinds of database take. */
const MAX_PARAMETERS = 6_000;

/** Items in portions small enough for one statement, of which each takes `width` parameters. */
export function* portions<T>(items: readonly T[], width: number): Generator<T[]> {
  const size = Math.max(1, Math.floor(MAX_PARAMETERS / width));
  for (let i = 0; i < items.length; i += size) yield items.slice(i, i + size);
}

const PLAIN = /^[0-9a-zA-Z,;]*$/;

/**
 * Rows as they stand behind SQL's `values`: quicker by far than parameters, of which a statement takes few.
 * @throws TypeError unless texts are of digits, letters, commas and semicolons only, and numbers whole
 */
export function literals(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows
    .map((row) => {
      if (!PLAIN.test(row.join())) throw new TypeError(`not plain texts and whole numbers: ${row}`);
      return `(${row.map((cell) => (typeof cell === "string" ? `'${cell}'` : String(cell))).join()})`;
    })
    .join();
}
