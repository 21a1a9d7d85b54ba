// SPDX-License-Identifier: AGPL-3.0-only

import { openDeployment } from "../../../service/store/deployment.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { DEPLOYMENT } from "./logs.mjs";

/** @param {string} dataDir @returns {Promise<import("../ingest.mjs").Reader>} */
export async function load(dataDir) {
  const database = await openDatabase({ dataDir });
  const deployment = await openDeployment(database, DEPLOYMENT);
  return {
    async read(page) {
      if ((await ingest(database, deployment, page)) === "behind") throw new Error("a page does not fit");
    },
    close: () => database.close(),
  };
}
