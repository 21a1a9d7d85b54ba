// SPDX-License-Identifier: AGPL-3.0-only
import { onTestFinished } from "vitest";
import type { Chain } from "../../../service/chain/client.ts";
import { catchUpOf } from "../../../service/epoch/follow.ts";
import { readStatus } from "../../../service/epoch/status.ts";
import { sync } from "../../../service/epoch/sync.ts";
import { troubleWatch } from "../../../service/epoch/troubles.ts";
import { type ApiOptions, buildApp } from "../../../service/http/app.ts";
import type { App } from "../../../service/http/instance.ts";
import type { Database } from "../../../service/store/database.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { chain, directory, system } from "../audit/scene.ts";
import { temporaryFolder } from "./folder.ts";

/**
 * The API of the scene, closed when the test is over. Nothing that was read is given twice, unless told otherwise. It
 * has a database of its own, which follows the chain, unless it is given one.
 */
export async function sceneApi(options: Partial<ApiOptions> = {}): Promise<App> {
  const used = options.chain ?? chain;
  const { database } = options;
  const idle = async () => undefined;
  const source = database === undefined ? await following(used) : { database, catchUp: idle };
  const status = () => readStatus(used.client, system);
  const app = await buildApp({
    chain,
    system,
    store: fileStore(directory),
    version: "1.2.3",
    status,
    troubles: troubleWatch({ system, status: options.status ?? status }),
    maxAge: -1,
    ...options,
    ...source,
  });
  onTestFinished(() => app.close());
  return app;
}

/** A new database, and what brings it to the chain's head. */
export async function following(
  source: Chain,
): Promise<{ readonly database: Database; readonly catchUp: () => Promise<unknown> }> {
  const database = await openDatabase({ dataDir: temporaryFolder() });
  onTestFinished(() => database.close());
  const deployment = await openDeployment(database, system);
  const params = { chain: source, system, database, deployment, log: () => undefined };
  const catchUp = catchUpOf(params);
  let checked = false;
  return {
    database,
    async catchUp() {
      if (checked) await catchUp();
      else await sync({ ...params, to: "latest", check: true });
      checked = true;
    },
  };
}
