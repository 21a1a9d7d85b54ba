// SPDX-License-Identifier: AGPL-3.0-only
import { setTimeout } from "node:timers/promises";
import { CompiledQuery, Kysely } from "kysely";
import { PostgresJSDialect } from "kysely-postgres-js";
import postgres from "postgres";
import { type Connection, databaseError, type Sql } from "./database.ts";
import { guardedPool } from "./guarded-pool.ts";
import { postgresUrl } from "./postgres-url.ts";
import { StoreError } from "./store.ts";
import type { Tables } from "./tables.ts";

const CONNECTIONS = 10;
/** Seconds until a server that does not answer is given up, unless the URL has a `connect_timeout`. */
const PATIENCE = 10;
/** Seconds for what is under way when it is closed; nobody closes it earlier than that. */
const CLOSING = 1;
/** Milliseconds until another connection is asked for. */
const PAUSE = 50;
const INT8 = 20;

/**
 * A database of a PostgreSQL server, or of one that speaks its protocol. Nothing is asked yet; its actions throw
 * DatabaseError, or what they throw themselves.
 */
export function connectPostgres(url: string): Connection {
  const { hosts = [], path, parameters } = postgresUrl(url) ?? {};
  const where = hosts.length === 0 ? "at DATABASE_URL" : `${hosts.join(",")}${path}`;
  const asked = Number(parameters?.get("connect_timeout"));
  const patience = asked > 0 ? asked : PATIENCE;
  const open = () =>
    postgres(url, {
      max: 1,
      connect_timeout: patience,
      // Of several hosts the one that can be written to is meant: standbys of it come and go. The driver takes a standby
      // for "read-write".
      ...(hosts.length > 1 &&
        !parameters?.has("target_session_attrs") && { target_session_attrs: "primary" as const }),
      onnotice: () => undefined,
      types: {
        // Block numbers, times and counts; money is text.
        bigint: { to: INT8, from: [INT8], serialize: String, parse: Number },
      },
    }) as unknown as postgres.Sql;
  const guard = guardedPool({ open, most: CONNECTIONS, patience: patience * 1_000 });
  const database = new Kysely<Tables>({ dialect: new PostgresJSDialect({ postgres: guard }) });

  async function within<T>(begin: string, action: (sql: Sql) => Promise<T>): Promise<T> {
    const giveUp = Date.now() + patience * 1_000;
    for (;;) {
      try {
        return await once(begin, action);
      } catch (error) {
        // A role may have fewer connections than the pool would open: those that it has are shared.
        const isFull = (error as NodeJS.ErrnoException).code === TOO_MANY_CONNECTIONS;
        if (!isFull || Date.now() >= giveUp) throw asStoreError(where, error);
        await setTimeout(PAUSE);
      }
    }
  }

  function once<T>(begin: string, action: (sql: Sql) => Promise<T>): Promise<T> {
    return database.connection().execute(async (sql) => {
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
  }

  return {
    where,
    types: { blob: "bytea", text: 'text collate "C"', clustered: "" },
    read: (action) => within("begin isolation level repeatable read read only", action),
    write: (action) => within("begin", action),
    close: () => guard.end({ timeout: CLOSING }),
  };
}

/** SQLSTATE classes: 53 resources such as disk space. */
const UNWRITABLE = /^53/;
const READ_ONLY = "25006";
const TOO_MANY_CONNECTIONS = "53300";
/** 08 and 57 the connection or the server went away, 28 and 3D not let in. */
const UNREADABLE = /^(08|28|3D|57|CONNECT|E[A-Z]+$)/;
const DAMAGED = /^XX00[12]/;

function asStoreError(where: string, error: unknown): unknown {
  if (error instanceof StoreError || !(error instanceof Error)) return error;
  const { code = "" } = error as NodeJS.ErrnoException;
  if (code === READ_ONLY) return databaseError("standby", where, error);
  if (code === TOO_MANY_CONNECTIONS) return databaseError("unreadable", where, error);
  if (DAMAGED.test(code)) return databaseError("damaged", where, error);
  if (UNWRITABLE.test(code)) return databaseError("unwritable", where, error);
  return UNREADABLE.test(code) ? databaseError("unreadable", where, error) : error;
}
