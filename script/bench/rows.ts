// SPDX-License-Identifier: AGPL-3.0-only
import { join } from "node:path";
import Libsql from "libsql";

interface Row {
  readonly blockNumber: number | bigint;
  readonly logIndex: number;
  readonly address: string;
  readonly eventName: string;
  readonly args?: unknown;
}

/** A row for each log: a transaction for several, statements prepared once. */
export function openRows(directory: string) {
  const file = new Libsql(join(directory, "rows.db"));
  file.exec(`pragma journal_mode = wal; pragma synchronous = normal;
    create table logs (block integer, position integer, address text, event text, arguments text,
      primary key (block, position))`);
  const insert = file.prepare("insert into logs values (?, ?, ?, ?, ?)");
  const plain = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);
  return {
    insert(rows: readonly Row[]): void {
      file.exec("begin immediate");
      for (const { blockNumber, logIndex, address, eventName, args } of rows)
        insert.run([Number(blockNumber), logIndex, address, eventName, JSON.stringify(args, plain)]);
      file.exec("commit");
    },
    countOf: (event: string): number =>
      (file.prepare("select count(*) as n from logs where event = ?").get(event) as { n: number }).n,
    close: () => file.close(),
  };
}
