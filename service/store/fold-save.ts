// SPDX-License-Identifier: AGPL-3.0-only
import type { Insertable } from "kysely";
import { EMPTY_ACCUMULATOR } from "../core/ids.ts";
import type { Vesting } from "../core/share-price.ts";
import type { Sql } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import type { Accumulator, ActivityChanges, Income } from "./fold-activity.ts";
import type { RecordChanges } from "./fold-records.ts";
import type { StakeChanges } from "./fold-stakes.ts";
import { portions } from "./rows.ts";
import type { Tables } from "./tables.ts";

/** Within the transaction that stores the page. */
export async function saveRecords(sql: Sql, deployment: Deployment, changes: RecordChanges): Promise<void> {
  const { vetoes, missAccumulators, ...added } = changes;
  await insertAll(sql, deployment, added);
  for (const { number, block, rollingHash } of vetoes) {
    await sql
      .updateTable("posts")
      .set({ vetoed_in: block, veto_rolling_hash: rollingHash })
      .where("deployment", "=", deployment.id)
      .where("number", "=", number)
      .execute();
  }
  await saveMissAccumulators(sql, deployment, missAccumulators);
}

/** Within the transaction that stores the page. */
export function saveStakes(sql: Sql, deployment: Deployment, changes: StakeChanges): Promise<void> {
  return insertAll(sql, deployment, changes);
}

/** Rows by the names of their tables. */
async function insertAll(
  sql: Sql,
  deployment: Deployment,
  added: Partial<Readonly<Record<keyof Tables, readonly object[]>>>,
): Promise<void> {
  for (const [kind, rows] of Object.entries(added)) {
    for (const some of portions(rows, 1 + Object.keys(rows[0] ?? {}).length)) {
      const values = some.map((row) => ({ deployment: deployment.id, ...row }));
      await sql
        .insertInto(kind as keyof Tables)
        .values(values as Insertable<Tables[keyof Tables]>[])
        .execute();
    }
  }
}

/** Within the transaction that stores the page; rows that are there are replaced. */
export async function saveActivity(
  sql: Sql,
  deployment: Deployment,
  { activity, fulfilments }: ActivityChanges,
): Promise<void> {
  for (const some of portions(activity, 16)) {
    await sql
      .insertInto("epoch_activity")
      .values(
        some.map(({ epoch, prover, work, fees, protocolFees, vault, income, ...counts }) => ({
          deployment: deployment.id,
          epoch,
          prover,
          ...counts,
          work: String(work),
          fees: String(fees),
          protocol_fees: String(protocolFees),
          active: String(vault.active),
          active_seconds: String(vault.activeSeconds),
          rolling_hash: vault.rollingHash,
          changed_at: vault.changedAt,
          changed_in: vault.changedIn,
          shares: String(vault.shares),
          vesting: vestingText(vault.vesting),
          income: incomeText(income),
        })),
      )
      .onConflict((conflict) =>
        conflict.columns(["deployment", "prover", "epoch"]).doUpdateSet(({ ref }) => ({
          fulfilments: ref("excluded.fulfilments"),
          misses: ref("excluded.misses"),
          work: ref("excluded.work"),
          fees: ref("excluded.fees"),
          protocol_fees: ref("excluded.protocol_fees"),
          active: ref("excluded.active"),
          active_seconds: ref("excluded.active_seconds"),
          rolling_hash: ref("excluded.rolling_hash"),
          changed_at: ref("excluded.changed_at"),
          changed_in: ref("excluded.changed_in"),
          shares: ref("excluded.shares"),
          vesting: ref("excluded.vesting"),
          income: ref("excluded.income"),
        })),
      )
      .execute();
  }
  for (const [epoch, { count, hash }] of fulfilments) {
    await sql
      .insertInto("epochs")
      .values({
        deployment: deployment.id,
        epoch,
        ...NOTHING,
        fulfilments: count,
        fulfilment_accumulator: hash,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["deployment", "epoch"])
          .doUpdateSet({ fulfilments: count, fulfilment_accumulator: hash }),
      )
      .execute();
  }
}

/** SQL never looks into it; `vestingFrom` reads it. */
function vestingText({ unvested, at, end, deserted }: Vesting): string {
  return `${unvested},${at},${end},${deserted ? 1 : 0}`;
}

/** Likewise `incomeFrom`. */
function incomeText({ fees, feeCommission, other, slashed }: Income): string {
  return `${fees},${feeCommission},${other},${slashed}`;
}

/** By the deadline's epoch. */
export async function saveMissAccumulators(
  sql: Sql,
  deployment: Deployment,
  accumulators: ReadonlyMap<number, Accumulator>,
): Promise<void> {
  for (const [epoch, { count, hash }] of accumulators) {
    await sql
      .insertInto("epochs")
      .values({ deployment: deployment.id, epoch, ...NOTHING, misses: count, miss_accumulator: hash })
      .onConflict((conflict) =>
        conflict.columns(["deployment", "epoch"]).doUpdateSet({ misses: count, miss_accumulator: hash }),
      )
      .execute();
  }
}

const NOTHING = {
  fulfilments: 0,
  fulfilment_accumulator: EMPTY_ACCUMULATOR,
  misses: 0,
  miss_accumulator: EMPTY_ACCUMULATOR,
};
