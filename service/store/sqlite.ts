// SPDX-License-Identifier: AGPL-3.0-only
import { statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { CompiledQuery, Kysely, type KyselyPlugin, SqliteDialect } from "kysely";
import Libsql from "libsql";
import { type Connection, databaseError, type Sql } from "./database.ts";
import { StoreError } from "./store.ts";
import type { Tables } from "./tables.ts";

const FILE = "provender.db";
/** Milliseconds that one process waits for another's transaction. */
const PATIENCE = 5_000;

/**
 * One file under the data directory. Other processes read it while this one writes.
 * @throws DatabaseError if it cannot be opened; its actions too, or what they throw themselves
 */
export async function connectSqlite(dataDir: string): Promise<Connection> {
  const path = join(dataDir, FILE);
  let file: Libsql.Database;
  try {
    await mkdir(dataDir, { recursive: true });
    file = new Libsql(path, { timeout: PATIENCE });
    // The write-ahead log is what lets others read; without a sync at each commit a power cut may undo the last ones,
    // and never a part of one.
    file.exec("pragma journal_mode = wal; pragma synchronous = normal");
  } catch (cause) {
    throw asStoreError(path, cause);
  }
  const opened = identity(path);
  const plugins = [withTurns()];
  const database = new Kysely<Tables>({ dialect: new SqliteDialect({ database: file }), plugins });

  async function within<T>(begin: string, action: (sql: Sql) => Promise<T>): Promise<T> {
    // A file that was removed or replaced would be written without anybody ever reading it.
    if (identity(path) !== opened) throw databaseError("removed", path, "its file is gone, or another one");
    return database.connection().execute(async (sql) => {
      try {
        await sql.executeQuery(CompiledQuery.raw(begin));
        const result = await action(sql);
        await sql.executeQuery(CompiledQuery.raw("commit"));
        return result;
      } catch (error) {
        // After some errors there is no transaction any more.
        if (file.inTransaction) file.exec("rollback");
        throw asStoreError(path, error);
      }
    });
  }

  return {
    where: path,
    types: { blob: "blob", text: "text", clustered: " without rowid" },
    read: (action) => within("begin", action),
    // Taking the write lock only when it is first needed would fail half the time beside another writer.
    write: (action) => within("begin immediate", action),
    close: async () => {
      await database.destroy();
      if (file.open) file.close();
    },
  };
}

/** Statements give back their memory between two turns of the event loop, and nothing else here ever waits for one. */
function withTurns(): KyselyPlugin {
  let statements = 0;
  return {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      if (++statements % STATEMENTS === 0) await nextTurn();
      return result;
    },
  };
}

/** How many statements may hold memory that they no longer need. */
const STATEMENTS = 32;

function identity(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "none" : `${stat.dev}:${stat.ino}`;
}

/** SQLite's primary result codes; an extended one has its own in the last byte. */
const CODES: Readonly<Record<number, "busy" | "unwritable" | "damaged">> = {
  5: "busy",
  6: "busy",
  8: "unwritable",
  10: "unwritable",
  11: "damaged",
  13: "unwritable",
  14: "unwritable",
  26: "damaged",
};

function asStoreError(path: string, error: unknown): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  // Not by name: the library has none for some extended codes, such as that of a directory that is read-only.
  const { rawCode, code = "" } = error as NodeJS.ErrnoException & { rawCode?: number };
  const known = rawCode === undefined ? undefined : CODES[rawCode & 0xff];
  if (known !== undefined) return databaseError(known, path, error);
  const unopened = /^E[A-Z]+$|^ConnectionFailed/;
  return unopened.test(code || error.message) ? databaseError("unwritable", path, error) : error;
}
