// SPDX-License-Identifier: AGPL-3.0-only
import { execFile } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sql as text } from "kysely";
import { describe, expect, test } from "vitest";
import type { Sql } from "../../../service/store/database.ts";
import { openDeployment, readPosition } from "../../../service/store/deployment.ts";
import { type OpenDatabaseParams, openDatabase } from "../../../service/store/open-database.ts";
import { onEachDatabase } from "../helpers/database.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { RUN } from "../helpers/run.ts";

const KEY = {
  chainId: 31_337n,
  distributor: `0x${"dd".repeat(20)}`,
  registry: `0x${"ee".repeat(20)}`,
  market: `0x${"ff".repeat(20)}`,
  startBlock: 7n,
  clockStart: 1_000n,
  epochLength: 100n,
  unbondingDelay: 50n,
  vestingPeriod: 80n,
} as const;

const page = (lastBlock: number, logs = new Uint8Array()) => ({
  deployment: 1,
  first_block: 0,
  last_block: lastBlock,
  last_hash: `0x${"00".repeat(32)}`,
  last_time: 2 ** 40,
  logs,
});
const blocks = async (sql: Sql) =>
  (await sql.selectFrom("pages").select("last_block").orderBy("last_block").execute()).map(
    (row) => row.last_block,
  );

/** Every column of every table. */
const columnsOf = async (sql: Sql) =>
  (await sql.introspection.getTables())
    .flatMap(({ name, columns }) => columns.map((column) => `${name}.${column.name} ${column.dataType}`))
    .sort();

const OPENER = fileURLToPath(new URL("opener.ts", import.meta.url));
const openedElsewhere = (where: OpenDatabaseParams) =>
  promisify(execFile)(process.execPath, [RUN, OPENER, JSON.stringify(where)]);

onEachDatabase(({ name, place, open }) => {
  test("keeps what was written", async () => {
    const where = await place();
    const first = await openDatabase(where);
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
    await first.write((sql) =>
      sql
        .insertInto("pages")
        .values(page(2 ** 50, bytes))
        .execute(),
    );
    await first.close();
    const again = await open(where);
    const row = await again.read((sql) => sql.selectFrom("pages").selectAll().executeTakeFirstOrThrow());
    expect({ ...row, logs: new Uint8Array(row.logs) }).toEqual({
      ...page(2 ** 50, bytes),
      stakes: null,
    });
  });

  test("takes back everything of an action that fails", async () => {
    const database = await open();
    const failing = database.write(async (sql) => {
      await sql.insertInto("pages").values(page(1)).execute();
      throw new Error("halfway");
    });
    await expect(failing).rejects.toThrow("halfway");
    expect(await database.read(blocks)).toEqual([]);
    await database.write((sql) => sql.insertInto("pages").values(page(2)).execute());
    expect(await database.read(blocks)).toEqual([2]);
  });

  test("shows a reader one moment, whatever is written meanwhile by another process", async () => {
    const where = await place();
    const [reader, writer] = [await open(where), await open(where)];
    const seen = await reader.read(async (sql) => {
      const before = await blocks(sql);
      await writer.write((other) => other.insertInto("pages").values(page(1)).execute());
      return [before, await blocks(sql)];
    });
    expect(seen).toEqual([[], []]);
    expect(await reader.read(blocks)).toEqual([1]);
  });

  test("lets two writers read, decide and write without losing a step", async () => {
    const where = await place();
    const writers = [await open(where), await open(where)];
    await writers[0]?.write((sql) => sql.insertInto("pages").values(page(0)).execute());
    const step = async (sql: Sql) => {
      // Whoever comes second waits here.
      await sql
        .updateTable("pages")
        .set("first_block", (of) => of("first_block", "+", 0))
        .execute();
      const { first_block } = await sql.selectFrom("pages").selectAll().executeTakeFirstOrThrow();
      await sql
        .updateTable("pages")
        .set({ first_block: first_block + 1 })
        .execute();
    };
    for (let round = 0; round < 20; round++) {
      if (name === "PostgreSQL") await Promise.all(writers.map((writer) => writer.write(step)));
      // One event loop cannot wait for its own other connection: the lock is the file's.
      else for (const writer of writers) await writer.write(step);
    }
    const row = await writers[0]?.read((sql) =>
      sql.selectFrom("pages").selectAll().executeTakeFirstOrThrow(),
    );
    expect(row?.first_block).toBe(40);
  });

  test("orders texts by their bytes", async () => {
    const database = await open();
    const hashes = ["a", "A", "1", "_", "0x", "b"];
    await database.write((sql) =>
      sql
        .insertInto("pages")
        .values(hashes.map((last_hash, i) => ({ ...page(i), last_hash })))
        .execute(),
    );
    const rows = await database.read((sql) =>
      sql.selectFrom("pages").select("last_hash").orderBy("last_hash").execute(),
    );
    expect(rows.map((row) => row.last_hash)).toEqual(["0x", "1", "A", "_", "a", "b"]);
  });

  test("is brought forward once, by however many processes that start at a time", async () => {
    const where = await place();
    const outputs = await Promise.all([1, 2, 3].map(() => openedElsewhere(where)));
    expect(outputs.map(({ stdout }) => stdout)).toEqual(["1\n", "1\n", "1\n"]);
  });

  test("is refused if a newer release wrote it", async () => {
    const where = await place();
    const database = await openDatabase(where);
    await database.write((sql) => text`insert into schema_versions (version) values (99)`.execute(sql));
    await database.close();
    await expect(openDatabase(where)).rejects.toMatchObject({
      code: "newer",
      message: expect.stringContaining("schema version 99"),
    });
  });

  test("is refused if release 0.1 wrote it, and left as it is", async () => {
    const where = await place();
    const database = await openDatabase(where);
    await database.write((sql) => text`delete from schema_versions`.execute(sql));
    await database.write((sql) => text`insert into schema_versions (version) values (1)`.execute(sql));
    await database.close();
    for (let tries = 0; tries < 2; tries++) {
      await expect(openDatabase(where)).rejects.toMatchObject({
        code: "older",
        hint: expect.stringContaining("`provender sync` reads the chain anew"),
      });
    }
  });

  // Under each of their numbers earlier states had several shapes: whatever a table lacks, it is made anew.
  test.each([2, 3])(
    "is read anew from the chain if it has schema version %i of this release",
    async (version) => {
      const where = await place();
      const database = await openDatabase(where);
      const deployment = await openDeployment(database, KEY);
      await database.write((sql) => text`create table of_somebody_else (number integer)`.execute(sql));
      const columns = await database.read(columnsOf);
      await database.write(async (sql) => {
        await sql.insertInto("pages").values(page(3)).execute();
        await sql
          .updateTable("deployments")
          .set({ synced_block: 3, synced_hash: "0x", synced_time: 4 })
          .execute();
        for (const column of ["stakes", "first_block"]) {
          await text`alter table pages drop column ${text.ref(column)}`.execute(sql);
        }
        await text`alter table posts drop column rolling_hash`.execute(sql);
        for (const table of ["moves", "exits", "slashes", "votes", "auditors", "standings"]) {
          await text`drop table ${text.table(table)}`.execute(sql);
        }
        await text`delete from schema_versions`.execute(sql);
        await text`insert into schema_versions (version) values (${version})`.execute(sql);
      });
      await database.close();
      const again = await open(where);
      expect(await again.read(columnsOf)).toEqual(columns);
      expect(await again.read(blocks)).toEqual([]);
      expect(await openDeployment(again, KEY)).toEqual(deployment);
      expect(await readPosition(again, deployment)).toBeUndefined();
    },
  );

  test("holds several deployments, none of them synced at first", async () => {
    const database = await open();
    const first = await openDeployment(database, KEY);
    const second = await openDeployment(database, { ...KEY, chainId: 1n });
    expect([first.id, second.id]).toEqual([1, 2]);
    expect(await openDeployment(database, KEY)).toEqual(first);
    expect(await readPosition(database, second)).toBeUndefined();
  });

  test("says where it is without a password", async () => {
    const where = (await open()).where;
    expect(where).toMatch(name === "SQLite" ? /provender\.db$/ : /^127\.0\.0\.1:\d+\/test_\d+$/);
  });
});

test("an SQLite file in a folder that cannot be written is named, and no unexpected error", async () => {
  const folder = temporaryFolder();
  // This process would go on with what it had open.
  await openedElsewhere({ dataDir: folder });
  chmodSync(folder, 0o555);
  const isRoot = process.geteuid?.() === 0;
  // To root no folder is closed.
  if (isRoot) process.seteuid?.(65_534);
  try {
    await expect(openDatabase({ dataDir: folder })).rejects.toMatchObject({
      code: "unwritable",
      message: expect.stringContaining(`${join(folder, "provender.db")} cannot be written`),
    });
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o755);
  }
});

describe("a PostgreSQL that is not there", () => {
  test("is named without its password", async () => {
    const url = "postgres://user:secret@127.0.0.1:9/name";
    const opening = openDatabase({ dataDir: "unused", url });
    await expect(opening).rejects.toMatchObject({
      code: "unreadable",
      message: expect.stringContaining("127.0.0.1:9/name"),
    });
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining("secret") });
  });
});
