// SPDX-License-Identifier: AGPL-3.0-only
import type { Selectable } from "kysely";
import type { RateChange } from "../core/commission.ts";
import type { Address } from "../core/types.ts";
import type { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { rowsOf } from "./listing.ts";
import type { Tables } from "./tables.ts";

export interface NumberedChange extends RateChange {
  readonly sequence: number;
  readonly block: number;
}

/** A prover's changes of its commission, in their order. */
export async function readChanges(
  database: Database,
  { id }: Deployment,
  prover: number,
): Promise<NumberedChange[]> {
  const rows = await database.read((sql) =>
    sql
      .selectFrom("commissions")
      .selectAll()
      .where("deployment", "=", id)
      .where("prover", "=", prover)
      .orderBy("sequence")
      .execute(),
  );
  return rows.map(({ sequence, source, bps, announced_at, effective_at, block }) => ({
    ...{ sequence, source: source as Address, bps, block },
    announcedAt: BigInt(announced_at),
    effectiveAt: BigInt(effective_at),
  }));
}

/** What `ratesIn` reads of a listing of commissions, whose order begins with the prover. */
export const RATE_COLUMNS = ["prover", "source", "bps", "announced_at", "effective_at"] as const;

/** Changes of commissions by the numbers of their provers, in the order of the listing. */
export function* ratesIn(text: string | null): Generator<[prover: number, changes: RateChange[]]> {
  let own: [number, RateChange[]] | undefined;
  for (const [prover, source, bps, announced, effective] of rowsOf<typeof RATE_COLUMNS>(text)) {
    const id = Number(prover);
    if (own?.[0] !== id) {
      if (own !== undefined) yield own;
      own = [id, []];
    }
    own[1].push({
      source: source as Address,
      bps: Number(bps),
      announcedAt: BigInt(announced),
      effectiveAt: BigInt(effective),
    });
  }
  if (own !== undefined) yield own;
}

/** What was slashed from a prover's vault, the newest first. */
export function readSlashes(
  database: Database,
  { id }: Deployment,
  prover: number,
): Promise<Selectable<Tables["slashes"]>[]> {
  return database.read((sql) =>
    sql
      .selectFrom("slashes")
      .selectAll()
      .where("deployment", "=", id)
      .where("prover", "=", prover)
      .orderBy("block", "desc")
      .orderBy("log_index", "desc")
      .execute(),
  );
}
