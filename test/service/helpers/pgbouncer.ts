// SPDX-License-Identifier: AGPL-3.0-only
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { freePort } from "./postgres.ts";

export interface PgBouncer {
  /** The URL that leads through it to the database of another URL. */
  readonly url: string;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** PgBouncer in transaction mode, in front of the server that a URL names. */
export async function startPgBouncer(databaseUrl: string): Promise<PgBouncer> {
  if (spawnSync("pgbouncer", ["--version"]).error !== undefined)
    throw new Error("pgbouncer is not installed: apt-get install pgbouncer");
  const folder = mkdtempSync(join(tmpdir(), "provender-pgbouncer-"));
  const { hostname, port: serverPort, username, password, pathname } = new URL(databaseUrl);
  const port = await freePort();
  const secret = decodeURIComponent(password);
  writeFileSync(
    join(folder, "pgbouncer.ini"),
    [
      "[databases]",
      `* = host=${hostname} port=${serverPort} user=${username} password='${secret}'`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "auth_type = any",
      "pool_mode = transaction",
      // Fewer than there are clients: each transaction may get another connection.
      "default_pool_size = 4",
      "unix_socket_dir =",
      "",
    ].join("\n"),
  );
  // As root it runs as another user, who has to get there.
  chmodSync(folder, 0o755);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const user = process.getuid?.() === 0 ? ["-u", "postgres"] : [];
    child = spawn("pgbouncer", [...user, join(folder, "pgbouncer.ini")], { stdio: "ignore" });
    for (let left = 100; left > 0; left--) {
      if (await answers(port)) return;
      await setTimeout(50);
    }
    throw new Error("pgbouncer does not start");
  }

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  await start();
  return {
    url: `postgres://anybody@127.0.0.1:${port}${pathname}`,
    kill,
    start,
    async remove() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}
