// SPDX-License-Identifier: AGPL-3.0-only
import { type RawBuilder, sql } from "kysely";
import type { Tables } from "./tables.ts";

/**
 * The greatest `column` among a prover's rows of a table, of those whose `bound.column` is at most `bound.most` if it is
 * given; null without one. For joins with `provers`, of each the last row: one step into an index a prover, however many
 * rows it has.
 */
export function lastOf<Name extends "claims" | "commissions" | "epoch_activity">(
  table: Name,
  column: keyof Tables[Name] & string,
  bound?: { readonly column: keyof Tables[Name] & string; readonly most: number },
): RawBuilder<number> {
  const within = bound ? sql` and ${sql.ref(`last.${bound.column}`)} <= ${bound.most}` : sql``;
  return sql`(
    select max(${sql.ref(`last.${column}`)}) from ${sql.table(table)} as last
    where last.deployment = provers.deployment and last.prover = provers.id${within}
  )`;
}
