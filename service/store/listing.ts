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

/** The rows of a listing, each its fields in the order of their columns; what is null there is empty here. */
export function rowsOf<Columns extends readonly string[]>(
  text: string | null,
): { [K in keyof Columns]: string }[] {
  if (text === null) return [];
  return text.split(SEMICOLON).map((row) => row.split(COMMA) as unknown as { [K in keyof Columns]: string });
}
