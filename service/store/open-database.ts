// SPDX-License-Identifier: AGPL-3.0-only
import type { Database } from "./database.ts";
import { migrate } from "./migrations.ts";
import { connectPostgres } from "./postgres.ts";
import { connectSqlite } from "./sqlite.ts";

export interface OpenDatabaseParams {
  /** Where the embedded database's file is, unless `url` names another database. */
  readonly dataDir: string;
  /** A postgres:// URL. */
  readonly url?: string | undefined;
}

/**
 * Opens the database with its tables as this release wants them: made, or brought forward.
 * @throws StoreError if it cannot be opened, or is of a release that this one does not read
 */
export async function openDatabase({ dataDir, url }: OpenDatabaseParams): Promise<Database> {
  const connection = url === undefined ? await connectSqlite(dataDir) : connectPostgres(url);
  try {
    await migrate(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}
