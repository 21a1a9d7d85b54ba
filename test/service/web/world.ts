// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { catchUpOf } from "../../../service/epoch/follow.ts";
import { readStatus } from "../../../service/epoch/status.ts";
import { sync } from "../../../service/epoch/sync.ts";
import { troubleWatch } from "../../../service/epoch/troubles.ts";
import { buildApp } from "../../../service/http/app.ts";
import type { App } from "../../../service/http/instance.ts";
import type { Database } from "../../../service/store/database.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { chain, directory, setScene, system, test } from "../audit/scene.ts";
import { newFolder } from "../helpers/folder.ts";
import { launch } from "./browser.ts";

export let browser: Browser;
/** The page beside the API, with an endpoint of the chain. */
export let page: string;
/** The same page, told of an endpoint and a distributor only. */
export let alone: string;
/** Where the API answers. */
export let api: string;
let app: App;
let folder: string;
let database: Database;

/** A chain with three provers and an epoch that was paid, the API, the built page, and one browser for all tests. */
export function setWorld(): void {
  setScene();
  beforeAll(async () => {
    [browser] = await Promise.all([launch(), serve()]);
    page = `${api}/?rpc=${encodeURIComponent(test.anvil.rpcUrl)}`;
    alone = `${page}&distributor=${test.distributor}`;
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await app?.close();
    await database?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });
}

async function serve(): Promise<void> {
  // Not in the scene's folder: that is emptied after each test.
  folder = newFolder();
  database = await openDatabase({ dataDir: folder });
  const deployment = await openDeployment(database, system);
  const params = { chain, system, database, deployment, log: () => undefined };
  await sync({ ...params, to: "latest", check: true });
  const status = () => readStatus(chain.client, system);
  app = await buildApp({
    ...{ chain, system, database, store: fileStore(directory), version: "1.2.3", status, maxAge: 100 },
    ...{ troubles: troubleWatch({ system, status }), catchUp: catchUpOf(params) },
  });
  api = await app.listen({ host: "127.0.0.1", port: 0 });
}
