// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, vi } from "vitest";
import type { Chain } from "../../../service/chain/client.ts";
import type { System } from "../../../service/chain/system.ts";
import { catchUpOf } from "../../../service/epoch/follow.ts";
import { readStatus } from "../../../service/epoch/status.ts";
import { sync } from "../../../service/epoch/sync.ts";
import { troubleWatch } from "../../../service/epoch/troubles.ts";
import { buildApp } from "../../../service/http/app.ts";
import { openDeployment, type Position, readPosition } from "../../../service/store/deployment.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { chain, directory, setScene, system, test } from "../audit/scene.ts";
import { newFolder } from "../helpers/folder.ts";
import { pass } from "../helpers/system.ts";
import { launch } from "./browser.ts";

/** A walk takes up to 20 s of a small machine, and a busy one is several times as slow. */
const SLOW = 300_000;

export let browser: Browser;
/** The page beside the API, with an endpoint of the chain. */
export let page: string;
/** The same page, told of an endpoint and a distributor only. */
export let alone: string;
/** Where the API answers. */
export let api: string;
let served: Served;
/** In which test's way the chain goes on. */
let ways = 0n;

/** A chain with three provers and an epoch that was paid, the API, the built page, and one browser for all tests. */
export function setWorld(): void {
  vi.setConfig({ testTimeout: SLOW });
  setScene();
  beforeAll(async () => {
    [browser] = await Promise.all([launch(), serve()]);
    page = `${api}/?rpc=${encodeURIComponent(test.anvil.rpcUrl)}`;
    alone = `${page}&distributor=${test.distributor}`;
  }, SLOW);
  beforeEach(forget, SLOW);
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });
}

/**
 * What the API has read of the test before is not of the chain any more. It would not see that on a chain that is
 * shorter, and begins with the same blocks: they are others in each test, and no fewer.
 */
async function forget(): Promise<void> {
  ways++;
  await pass(test, ways);
  const [{ block }, head] = await Promise.all([served.position(), test.client.getBlock()]);
  if (block > head.number) await test.client.mine({ blocks: Number(block - head.number) });
  await served.catchUp();
  expect((await served.position()).hash).toBe((await test.client.getBlock()).hash);
}

async function serve(): Promise<void> {
  served = await serveChain(chain, system, directory);
  api = served.url;
}

export interface Served {
  readonly url: string;
  /** Has the API read the chain up to its head. */
  readonly catchUp: () => Promise<unknown>;
  /** Up to where it has. */
  readonly position: () => Promise<Position>;
  readonly close: () => Promise<void>;
}

/** The API and the page over a chain, with artifacts from a folder. */
export async function serveChain(chain: Chain, system: System, artifacts: string): Promise<Served> {
  // Not in the scene's folder: that is emptied after each test.
  const folder = newFolder();
  const database = await openDatabase({ dataDir: folder });
  const deployment = await openDeployment(database, system);
  const params = { chain, system, database, deployment, log: () => undefined };
  await sync({ ...params, to: "latest", check: true });
  const status = () => readStatus(chain.client, system);
  const catchUp = catchUpOf(params);
  const app = await buildApp({
    ...{ chain, system, database, store: fileStore(artifacts), version: "1.2.3", status, maxAge: 100 },
    ...{ troubles: troubleWatch({ system, status }), catchUp },
  });
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return {
    url,
    catchUp,
    async position() {
      const position = await readPosition(database, deployment);
      if (position === undefined) throw new Error("the API has read nothing");
      return position;
    },
    async close() {
      await app.close();
      await database.close();
      rmSync(folder, { recursive: true });
    },
  };
}
