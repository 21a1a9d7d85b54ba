// SPDX-License-Identifier: AGPL-3.0-only
import { sql } from "kysely";

/** Between fields and between rows: in no address, hash or number. */
const COMMA = ",";
const SEMICOLON = ";";

/**
 * All rows of a query in one text, with these columns, in this order: the embedded database takes longer to hand over a
 * row than to read it. For addresses, hashes and numbers only.
 */
export function listing(columns: readonly string[], order: readonly string[]) {
  const fields = columns.map((column) => sql`coalesce(cast(${sql.ref(column)} as text), '')`);
  const row = sql.join(fields, sql` || ${sql.lit(COMMA)} || `);
  const by = sql.join(order.map((column) => sql.ref(column)));
  return sql<string | null>`string_agg(${row}, ${sql.lit(SEMICOLON)} order by ${by})`.as("listing");
}

/**
 * The rows of a listing, each its fields in the order of their columns; what is null there is empty here. One after the
 * other: as many at once would make the engine's heap grow for good.
 */
export function* rowsOf<Columns extends readonly string[]>(
  text: string | null,
): Generator<{ [K in keyof Columns]: string }> {
  if (text === null) return;
  for (let from = 0; from <= text.length; ) {
    const found = text.indexOf(SEMICOLON, from);
    const to = found < 0 ? text.length : found;
    yield text.slice(from, to).split(COMMA) as unknown as { [K in keyof Columns]: string };
    from = to + 1;
  }
}
