// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, onTestFinished } from "vitest";
import type { Database } from "../../../service/store/database.ts";
import { type Deployment, type DeploymentKey, openDeployment } from "../../../service/store/deployment.ts";
import { type OpenDatabaseParams, openDatabase } from "../../../service/store/open-database.ts";
import { newFolder, temporaryFolder } from "./folder.ts";
import { type PostgresServer, startPostgres } from "./postgres.ts";

export interface Kind {
  readonly name: "SQLite" | "PostgreSQL";
  /** Where a new, empty database is. */
  readonly place: () => Promise<OpenDatabaseParams>;
  /** A new database, closed when the test is over. */
  readonly open: (place?: OpenDatabaseParams) => Promise<Database>;
  /** One for all of the file's tests that ask for it: for those which use deployments of their own. */
  readonly openOnce: () => Promise<Database>;
}

/** The same tests on SQLite and on a real PostgreSQL. */
export function onEachDatabase(tests: (kind: Kind) => void): void {
  describe("SQLite", () => tests(kindOf("SQLite", async (dataDir) => ({ dataDir }))));

  describe("PostgreSQL", () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres();
    }, 60_000);
    afterAll(() => server?.remove(), 60_000);
    tests(kindOf("PostgreSQL", async (dataDir) => ({ dataDir, url: await server.newDatabase() })));
  });
}

type Place = (dataDir: string) => Promise<OpenDatabaseParams>;

function kindOf(name: Kind["name"], placeIn: Place): Kind {
  const place = () => placeIn(temporaryFolder());
  let shared: Promise<Database> | undefined;
  let folder: string | undefined;
  afterAll(async () => {
    await (await shared)?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });
  return {
    name,
    place,
    async open(given) {
      const database = await openDatabase(given ?? (await place()));
      onTestFinished(() => database.close());
      return database;
    },
    openOnce() {
      folder ??= newFolder();
      shared ??= placeIn(folder).then(openDatabase);
      return shared;
    },
  };
}

/** The same deployment with rows of its own, for tests that share a database: filed under another chain's id. */
export async function openApart(
  database: Database,
  key: DeploymentKey,
  filedAs: bigint,
): Promise<Deployment> {
  const deployment = await openDeployment(database, { ...key, chainId: filedAs });
  return { ...deployment, chainId: key.chainId };
}
