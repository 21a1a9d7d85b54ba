// SPDX-License-Identifier: AGPL-3.0-only
import { CompiledQuery, Kysely } from "kysely";
import { PostgresJSDialect } from "kysely-postgres-js";
import postgres from "postgres";
import { type Connection, databaseError, type Sql } from "./database.ts";
import { guarded } from "./guarded-pool.ts";
import { StoreError } from "./store.ts";
import type { Tables } from "./tables.ts";

const CONNECTIONS = 10;
/** Seconds until a server that does not answer is given up. */
const PATIENCE = 10;
/** Seconds for what is under way when it is closed; nobody closes it earlier than that. */
const CLOSING = 1;
const INT8 = 20;

/** A database of a PostgreSQL server, or of one that speaks its protocol. */
export function connectPostgres(url: string): Connection {
  const where = nameOf(url);
  const pool = postgres(url, {
    max: CONNECTIONS,
    connect_timeout: PATIENCE,
    onnotice: () => undefined,
    types: {
      // Block numbers, times and counts; money is text.
      bigint: { to: INT8, from: [INT8], serialize: String, parse: Number },
    },
  });
  const database = new Kysely<Tables>({
    dialect: new PostgresJSDialect({ postgres: guarded(pool) }),
  });

  async function within<T>(begin: string, action: (sql: Sql) => Promise<T>): Promise<T> {
    try {
      return await database.connection().execute(async (sql) => {
        await sql.executeQuery(CompiledQuery.raw(begin));
        try {
          const result = await action(sql);
          await sql.executeQuery(CompiledQuery.raw("commit"));
          return result;
        } catch (error) {
          // A server that is gone has rolled back by itself; its silence must not hide what went wrong.
          await sql.executeQuery(CompiledQuery.raw("rollback")).catch(() => undefined);
          throw error;
        }
      });
    } catch (error) {
      throw asStoreError(where, error);
    }
  }

  return {
    where,
    types: { blob: "bytea", text: 'text collate "C"' },
    read: (action) => within("begin isolation level repeatable read read only", action),
    write: (action) => within("begin", action),
    close: () => pool.end({ timeout: CLOSING }),
  };
}

/** Host and name of the database: the URL holds a password. */
function nameOf(url: string): string {
  if (!URL.canParse(url)) return "at DATABASE_URL";
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** SQLSTATE classes: 53 resources such as disk space, 25006 read-only. */
const UNWRITABLE = /^(53|25006)/;
/** 08 and 57 the connection or the server went away, 28 and 3D not let in. */
const UNREADABLE = /^(08|28|3D|57|CONNECT|E[A-Z]+$)/;
const DAMAGED = /^XX00[12]/;

function asStoreError(where: string, error: unknown): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (DAMAGED.test(code)) return databaseError("damaged", where, error);
  if (UNWRITABLE.test(code)) return databaseError("unwritable", where, error);
  return UNREADABLE.test(code) ? databaseError("unreadable", where, error) : error;
}
