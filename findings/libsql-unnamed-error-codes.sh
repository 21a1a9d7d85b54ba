#!/usr/bin/env bash
# libsql 0.5.29 (npm): an error's `code` is documented as better-sqlite3's, whose API it takes over: the name of SQLite's
# extended result code. Some of those have no name here: opening a database in WAL mode in a directory that may not be
# written gives `UNKNOWN_SQLITE_ERROR_1544` where SQLite says SQLITE_READONLY_DIRECTORY. A program that looks for
# /^SQLITE_READONLY/ takes a missing permission for an error of its own. Names are missing too for SQLITE_BUSY_TIMEOUT (773),
# SQLITE_CANTOPEN_SYMLINK (1550), SQLITE_CORRUPT_INDEX (779) and others. To tell them apart: `rawCode & 0xff`.
set -euo pipefail
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit --ignore-scripts libsql@0.5.29 >/dev/null
cat > run.mjs <<'JS'
import { mkdirSync, chmodSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import Database from "libsql";

if (process.argv[2] === "make") {
  const database = new Database("closed/one.db");
  database.exec("pragma journal_mode = wal; create table rows (id integer primary key)");
  database.close();
  process.exit(0);
}
mkdirSync("closed");
// Another process: this one would keep the file open.
execFileSync(process.execPath, ["run.mjs", "make"]);
chmodSync("closed", 0o555);
// To root no directory is closed.
if (process.geteuid() === 0) {
  chmodSync(".", 0o755);
  process.seteuid(65534);
}
let error = {};
try {
  new Database("closed/one.db").exec("pragma journal_mode = wal");
} catch (thrown) {
  error = thrown;
}
if (process.getuid() === 0) process.seteuid(0);
console.log("libsql", JSON.parse(readFileSync("node_modules/libsql/package.json", "utf8")).version);
console.log("code:", error.code, "rawCode:", error.rawCode, "message:", error.message);
process.exit(error.code === "UNKNOWN_SQLITE_ERROR_1544" ? 0 : 1);
JS
node run.mjs
