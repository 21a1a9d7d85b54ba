// SPDX-License-Identifier: AGPL-3.0-only
// A process that reads a database again and again: `node --import tsx reader.ts URL TIMES`. It prints what came of each.
import { CompiledQuery } from "kysely";
import { connectPostgres } from "../../../service/store/postgres.ts";

const [, , url = "", times = ""] = process.argv;
const connection = connectPostgres(url);
for (let left = Number(times); left > 0; left--) {
  const outcome = await connection
    .read((sql) => sql.executeQuery(CompiledQuery.raw("select 1")))
    .then(
      () => "read",
      (error) => `${error.code}: ${error.message}`,
    );
  console.log(outcome);
}
await connection.close();
process.exit(0);
