// SPDX-License-Identifier: AGPL-3.0-only
import { execFile } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { asApiError } from "../../../service/http/errors.ts";
import type { Database } from "../../../service/store/database.ts";
import { type DeploymentKey, openDeployment } from "../../../service/store/deployment.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { postgresUrl } from "../../../service/store/postgres-url.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres.ts";

const KEY: DeploymentKey = {
  ...{ chainId: 1n, startBlock: 0n, clockStart: 0n, epochLength: 3_600n, unbondingDelay: 50n },
  vestingPeriod: 80n,
  ...{
    distributor: `0x${"01".repeat(20)}`,
    registry: `0x${"02".repeat(20)}`,
    market: `0x${"03".repeat(20)}`,
  },
};

describe("a PostgreSQL URL", () => {
  test("may name several hosts, each with its port", () => {
    const { hosts, path } = postgresUrl("postgres://ada:a%40b@one:5432,two,[::1]:5433/name?ssl=true") ?? {};
    expect([hosts, path]).toEqual([["one:5432", "two", "[::1]:5433"], "/name"]);
  });

  test.each([
    "mysql://a/b",
    "postgres://",
    "postgres://one:port/name",
    "postgres://one,two:99999/name",
    "one/name",
  ])("is none: %s", (text) => expect(postgresUrl(text)).toBeUndefined());
});

describe("a proxy that takes connections while its server is gone", () => {
  const READER = fileURLToPath(new URL("./reader.ts", import.meta.url));

  test.each([
    ["closes them at the first question", true],
    ["says nothing", false],
  ])("and %s is given up in time, and ends nobody", async (_, closes) => {
    const proxy = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        // AuthenticationOk, ReadyForQuery.
        socket.write(Buffer.from("520000000800000000" + "5a0000000549", "hex"));
        if (closes) socket.once("data", () => socket.destroy());
      });
    });
    await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
    onTestFinished(() => void proxy.close());
    const { port } = proxy.address() as AddressInfo;
    const url = `postgres://ada@127.0.0.1:${port}/name?connect_timeout=1`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", READER, url, "2"]);
    expect(stdout.trim().split("\n")).toEqual(
      Array(2).fill(expect.stringMatching(/^unreadable: the database 127.*: it did not answer within 2 s$/)),
    );
  });
});

describe("a PostgreSQL server", () => {
  let server: PostgresServer;
  const opened: Database[] = [];

  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);

  afterAll(async () => {
    for (const database of opened) await database.close();
    await server?.remove();
  });

  async function open(url: string): Promise<Database> {
    const database = await openDatabase({ dataDir: "", url });
    opened.push(database);
    return database;
  }

  async function run(url: string, ...statements: readonly string[]): Promise<void> {
    const sql = postgres(url, { max: 1 });
    for (const statement of statements) await sql.unsafe(statement);
    await sql.end();
  }

  test("whose role has few connections serves many readers at a time", async () => {
    const url = await server.newDatabase();
    const name = new URL(url).pathname.slice(1);
    await run(
      url,
      "create role few login password 'few' connection limit 3",
      `alter database ${name} owner to few`,
    );
    const few = Object.assign(new URL(url), { username: "few", password: "few" });
    // A machine with much else to do lets readers in one after the other.
    const database = await open(`${few.href}?connect_timeout=50`);
    const deployment = await openDeployment(database, KEY);
    const read = () => openDeployment(database, KEY);
    expect(await Promise.all(Array.from({ length: 30 }, read))).toEqual(Array(30).fill(deployment));
  });

  test("that takes no writes is opened and read, and says so when it is written to", async () => {
    const url = await server.newDatabase();
    const deployment = await openDeployment(await open(url), KEY);
    const name = new URL(url).pathname.slice(1);
    await run(url, `alter database ${name} set default_transaction_read_only = on`);
    const database = await open(url);
    expect(await openDeployment(database, KEY)).toEqual(deployment);
    await expect(openDeployment(database, { ...KEY, chainId: 2n })).rejects.toMatchObject({
      code: "unwritable",
      message: expect.stringContaining("can only be read: "),
      hint: expect.stringContaining("it is a standby: give the URL of the primary"),
    });
  });

  test("of several hosts is the one that takes writes, and a standby alone is read", async () => {
    const url = await server.newDatabase();
    const deployment = await openDeployment(await open(url), KEY);
    const standby = new URL(await server.newStandby(url));
    const database = await open(url.replace("@", `@${standby.host},`));
    expect(database.where).toBe(`${standby.host},${new URL(url).host}${standby.pathname}`);
    const written = { ...KEY, chainId: 2n };
    expect(await openDeployment(database, written)).toMatchObject(written);
    expect(await openDeployment(await open(standby.href), KEY)).toEqual(deployment);
    const without = standby.href.replace("@", "@127.0.0.1:1,");
    const error = await openDatabase({ dataDir: "", url: `${without}?connect_timeout=1` }).catch(
      (cause: Error) => cause,
    );
    expect(error).toMatchObject({
      message: expect.stringContaining("none of its hosts took writes within 2 s"),
    });
    expect(asApiError(error as Error).code).toBe("database-unreachable");
  });

  test("that is down is told apart from a damaged artifact", async () => {
    const gone = new URL(await server.newDatabase());
    gone.port = "1";
    const error = await openDatabase({ dataDir: "", url: gone.href }).catch((cause: Error) => cause);
    expect(asApiError(error as Error).code).toBe("database-unreachable");
  });
});
