// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { connect } from "../../../service/chain/client.ts";
import { readSystem } from "../../../service/chain/system.ts";
import { crowdedChain } from "../helpers/crowd.ts";
import { newFolder } from "../helpers/folder.ts";
import type { TestSystem } from "../helpers/system.ts";
import { launch } from "./browser.ts";
import { type Served, serveChain } from "./world.ts";

export let crowd: TestSystem;
export let browser: Browser;
/** Where the API answers, and the page is. */
export let url: string;
/** The same page, told of an endpoint and a distributor. */
export let alone: string;
let served: Served | undefined;
let folder: string | undefined;

/** A chain with many provers, the API, the built page, and one browser for all tests of a file. */
export function setCrowd(size: Parameters<typeof crowdedChain>[0], timeout: number): void {
  beforeAll(async () => {
    [crowd, browser] = await Promise.all([crowdedChain(size), launch()]);
    const chain = await connect({ rpcUrl: crowd.anvil.rpcUrl });
    folder = newFolder();
    served = await serveChain(chain, await readSystem(chain, crowd.distributor), folder);
    url = served.url;
    alone = `${url}/?rpc=${encodeURIComponent(crowd.anvil.rpcUrl)}&distributor=${crowd.distributor}`;
  }, timeout);
  afterAll(async () => {
    await browser?.close();
    await served?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true });
    crowd?.anvil.stop();
  });
}
