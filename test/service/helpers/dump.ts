// SPDX-License-Identifier: AGPL-3.0-only
import { sql as text } from "kysely";
import type { Database } from "../../../service/store/database.ts";
import type { Deployment } from "../../../service/store/deployment.ts";

const TABLES = [
  ...["pages", "provers", "epoch_activity", "epochs", "misses", "commissions", "claims", "segments", "posts"],
  ...["requests", "moves", "exits", "slashes", "votes", "auditors", "standings"],
] as const;

/** All rows of a deployment, by table, whichever deployment it is. */
export function dump(database: Database, { id }: Deployment): Promise<Record<string, unknown[]>> {
  return database.read(async (sql) => {
    const tables: Record<string, unknown[]> = {};
    const { rows } = await text<object>`select * from deployments where id = ${id}`.execute(sql);
    tables.deployments = rows.map((row) => ({ ...row, id: 0, chain_id: "" }));
    for (const table of TABLES) {
      const found = await text<object>`select * from ${text.table(table)} where deployment = ${id}`.execute(
        sql,
      );
      tables[table] = found.rows.map((row) => JSON.stringify(comparable(row))).sort();
    }
    return tables;
  });
}

function comparable(row: object): object {
  const entries = Object.entries({ ...row, deployment: 0 }).sort(([a], [b]) => (a < b ? -1 : 1));
  const bytes = (value: unknown) =>
    value instanceof Uint8Array || value instanceof ArrayBuffer
      ? Buffer.from(value as Uint8Array).toString("hex")
      : value;
  return Object.fromEntries(entries.map(([key, value]) => [key, bytes(value)]));
}
