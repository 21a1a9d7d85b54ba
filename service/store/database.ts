// SPDX-License-Identifier: AGPL-3.0-only
import type { Kysely } from "kysely";
import { DatabaseError } from "./store.ts";
import type { Tables } from "./tables.ts";

/** What SQL is spoken to, within one transaction. */
export type Sql = Kysely<Tables>;

/** What both kinds of database give; the rest of the service doesn't know which of them it has. */
export interface Database {
  /** Where it is, for people: a path, or a host and a name. Never a password. */
  readonly where: string;
  /** Everything read in one action is of one moment. */
  readonly read: <T>(action: (sql: Sql) => Promise<T>) => Promise<T>;
  /** Everything written in one action is there as a whole, or not at all. */
  readonly write: <T>(action: (sql: Sql) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
}

/** One kind of database, before its tables are there. */
export interface Connection extends Database {
  readonly types: ColumnTypes;
}

/** What the two kinds call the same thing. */
export interface ColumnTypes {
  readonly blob: string;
  /** Texts that are compared by their bytes. */
  readonly text: string;
  /** What follows a table's columns so that its rows are kept in its primary key, and nowhere else. */
  readonly clustered: string;
}

/** For errors whose cause is the database's own. */
export function databaseError(code: keyof typeof SAYINGS, where: string, cause: unknown): DatabaseError {
  const { says, hint } = SAYINGS[code];
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DatabaseError(
    code === "standby" ? "unwritable" : code,
    `the database ${where} ${says}: ${reason}`,
    hint,
    { cause },
  );
}

const SAYINGS = {
  unreadable: {
    says: "cannot be read",
    hint: "check that it runs, and the path or DATABASE_URL; what was written before is kept",
  },
  unwritable: {
    says: "cannot be written",
    hint: "make room or give write access, then run it again: nothing was half-written",
  },
  removed: {
    says: "was taken away while it was in use",
    hint: "run it again: everything in it is made anew from the chain",
  },
  damaged: {
    says: "is damaged",
    hint: "move it away and run `provender sync`: everything in it is rebuilt from the chain",
  },
  standby: {
    says: "can only be read",
    hint: "it is a standby: give the URL of the primary, or all hosts with commas between them, to write",
  },
  busy: {
    says: "is locked by another process",
    hint: "let the other process finish, or end it",
  },
} as const;
