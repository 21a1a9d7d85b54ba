// SPDX-License-Identifier: AGPL-3.0-only
import { connect } from "../../../service/chain/client.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Address } from "../../../service/core/types.ts";
import { catchUpOf } from "../../../service/epoch/follow.ts";
import { readStatus } from "../../../service/epoch/status.ts";
import { buildApp } from "../../../service/http/app.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { openDatabase } from "../../../service/store/open-database.ts";

/** A route that does nothing, beside all others. */
const EMPTY = "/empty";

interface Served {
  readonly rpcUrl: string;
  readonly distributor: Address;
  readonly directory: string;
}

export async function work({ rpcUrl, distributor, directory }: Served) {
  await initKeccak();
  const chain = await connect({ rpcUrl });
  const system = await readSystem(chain, distributor);
  const database = await openDatabase({ dataDir: directory });
  const deployment = await openDeployment(database, system);
  const catchUp = catchUpOf({ chain, system, database, deployment, log: () => undefined });
  const app = await buildApp({
    ...{ chain, system, store: fileStore(directory), version: "bench", database, catchUp },
    status: () => readStatus(chain.client, system),
    troubles: async () => ({ found: [], overdue: 0, pending: 0 }),
  });
  app.get(EMPTY, () => ({}));
  return { url: await app.listen({ host: "127.0.0.1", port: 0 }), empty: EMPTY };
}
