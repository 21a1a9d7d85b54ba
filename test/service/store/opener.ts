// SPDX-License-Identifier: AGPL-3.0-only
// A process of its own that opens the database it is told of, and enters a deployment.

import { openDeployment } from "../../../service/store/deployment.ts";
import { openDatabase } from "../../../service/store/open-database.ts";

const database = await openDatabase(JSON.parse(process.argv[2] ?? "{}"));
const { id } = await openDeployment(database, {
  chainId: 31_337n,
  distributor: `0x${"dd".repeat(20)}`,
  registry: `0x${"ee".repeat(20)}`,
  market: `0x${"ff".repeat(20)}`,
  startBlock: 7n,
  clockStart: 1_000n,
  epochLength: 100n,
  unbondingDelay: 50n,
  vestingPeriod: 80n,
});
console.log(id);
await database.close();
