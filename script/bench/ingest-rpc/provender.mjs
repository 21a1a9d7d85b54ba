// SPDX-License-Identifier: AGPL-3.0-only
import { connect } from "../../../service/chain/client.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { sync } from "../../../service/epoch/sync.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { DEPLOYMENT } from "../ingest/logs.mjs";

/**
 * As `provender sync` does, but for the last step, whose cost goes by provers: the contracts' state.
 * @param {string} rpcUrl
 * @param {string} dataDir
 */
export async function read(rpcUrl, dataDir) {
  await initKeccak();
  const chain = await connect({ rpcUrl });
  const database = await openDatabase({ dataDir, url: process.env.DATABASE_URL });
  const deployment = await openDeployment(database, DEPLOYMENT);
  const system = {
    ...DEPLOYMENT,
    token: DEPLOYMENT.market,
    symbol: "T",
    domain: /** @type {const} */ ("0x"),
  };
  const how = /** @type {const} */ ({ to: "finalized", check: false, log: () => undefined });
  await sync({ chain, system, database, deployment, ...how });
  const { fulfilments } = await database.read((sql) =>
    sql
      .selectFrom("epochs")
      .select(({ fn }) => fn.sum("fulfilments").as("fulfilments"))
      .executeTakeFirstOrThrow(),
  );
  await database.close();
  return Number(fulfilments);
}
