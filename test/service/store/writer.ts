// SPDX-License-Identifier: AGPL-3.0-only
// A process of its own that stores each page which it is sent in the database that it is told of, and sends what came of
// it.
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Deployment } from "../../../service/store/deployment.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import type { Page } from "../../../service/store/pages.ts";

await initKeccak();
const database = await openDatabase(JSON.parse(process.argv[2] ?? "{}"));
process.on("message", async ({ deployment, page }: { deployment: Deployment; page: Page }) => {
  process.send?.(await ingest(database, deployment, page));
});
process.once("disconnect", () => database.close());
process.send?.("ready");
