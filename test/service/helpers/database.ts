// SPDX-License-Identifier: AGPL-3.0-only
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import { type Database, type OpenDatabaseParams, openDatabase } from "../../../service/store/database.ts";
import { temporaryFolder } from "./folder.ts";
import { type PostgresServer, startPostgres } from "./postgres.ts";

export interface Kind {
  readonly name: "SQLite" | "PostgreSQL";
  /** Where a new, empty database is. */
  readonly place: () => Promise<OpenDatabaseParams>;
  /** A new database, closed when the test is over. */
  readonly open: (place?: OpenDatabaseParams) => Promise<Database>;
}

/** The same tests on SQLite and on a real PostgreSQL. */
export function onEachDatabase(tests: (kind: Kind) => void): void {
  describe("SQLite", () => tests(kindOf("SQLite", async () => ({ dataDir: temporaryFolder() }))));

  describe("PostgreSQL", () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres();
    }, 60_000);
    afterAll(() => server?.remove(), 60_000);
    tests(
      kindOf("PostgreSQL", async () => ({ dataDir: temporaryFolder(), url: await server.newDatabase() })),
    );
  });
}

function kindOf(name: Kind["name"], place: Kind["place"]): Kind {
  return {
    name,
    place,
    async open(given) {
      const database = await openDatabase(given ?? (await place()));
      onTestFinished(() => database.close());
      return database;
    },
  };
}
