// SPDX-License-Identifier: AGPL-3.0-only
import type { Chain } from "../chain/client.ts";
import { readNetwork } from "../chain/network.ts";
import type { System } from "../chain/system.ts";
import { initKeccak } from "../core/keccak.ts";
import type { Address } from "../core/types.ts";
import type { Status } from "../epoch/status.ts";
import type { Troubles } from "../epoch/troubles.ts";
import type { Database } from "../store/database.ts";
import { openDeployment } from "../store/deployment.ts";
import type { Store } from "../store/store.ts";
import type { Api, Views } from "./api.ts";
import { artifactsOf } from "./artifacts.ts";
import { checksummed } from "./checksum.ts";
import { type App, type AppOptions, newApp } from "./instance.ts";
import { type Metrics, newMetrics } from "./metrics.ts";
import { describeApi } from "./openapi.ts";
import { servePage } from "./page.ts";
import { registerPlugins } from "./plugins.ts";
import { postReader } from "./posts.ts";
import { proverReader } from "./provers.ts";
import { remembered } from "./remembered.ts";
import { epochRoutes } from "./routes/epochs.ts";
import { foundationRoute } from "./routes/foundation.ts";
import { healthRoutes } from "./routes/health.ts";
import { marketRoutes } from "./routes/market.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { networkRoute } from "./routes/network.ts";
import { proofRoutes } from "./routes/proofs.ts";
import { proverHistoryRoutes } from "./routes/prover-history.ts";
import { proverRoutes } from "./routes/provers.ts";
import { stakerRoutes } from "./routes/stakers.ts";
import { statusRoute } from "./routes/status.ts";

export interface ApiOptions extends AppOptions {
  readonly chain: Chain;
  readonly system: System;
  readonly store: Store;
  readonly version: string;
  /** What is due, and how long the funds last. */
  readonly status: () => Promise<Status>;
  /** What does not go on by itself. */
  readonly troubles: () => Promise<Troubles>;
  /** What the chain's logs say. */
  readonly database: Database;
  /** Brings the database to the chain's head, or joins whoever does. */
  readonly catchUp: () => Promise<unknown>;
  /** Counts what happens here, beside what others count in it. */
  readonly metrics?: Metrics | undefined;
  /** The lens, the deposit router and an endpoint for everybody, if there are any. */
  readonly views?: Views | undefined;
  /** Whose balance pays for posting, if this process posts. */
  readonly signer?: Address | undefined;
  /** Milliseconds for which what was read from the chain is served again. */
  readonly maxAge?: number | undefined;
  /** The folder of the built page; where a build puts it, if not given. */
  readonly page?: string | undefined;
  /** Requests a minute that one address is answered; as many as it sends, if not given or 0. */
  readonly rateLimit?: number | undefined;
}

const MAX_AGE = 1_000;
/** Milliseconds after which an answer says how old it is, as the chain could not be read meanwhile. */
const OLD = 10_000;

/** Every route, ready to be listened on or injected into. */
export async function buildApp(options: ApiOptions): Promise<App> {
  const { chain, system, store, version, status, database, catchUp, signer, maxAge = MAX_AGE } = options;
  await initKeccak();
  const metrics = options.metrics ?? newMetrics();
  const app = newApp(options);
  const deployment = await openDeployment(database, system);
  const posts = postReader({ chain, system, database, deployment, catchUp, maxAge });
  const current = remembered(status, maxAge);
  const api: Api = {
    chain,
    system,
    version,
    status: current,
    troubles: remembered(options.troubles, maxAge),
    signer,
    network: remembered(() => readNetwork(chain.client, system), maxAge),
    views: options.views ?? {},
    database,
    deployment,
    shown: { token: checksummed(system.token), distributor: checksummed(system.distributor) },
    posts,
    metrics,
    artifacts: artifactsOf(store, { log: options.logger, metrics }),
    provers: proverReader({ database, deployment, chain, system, posts }),
  };
  app.addHook("onSend", async (_, reply) => {
    // What is younger is as good as new.
    const age = posts.age();
    if (age !== undefined && age > OLD) reply.header("age", String(Math.floor(age / 1_000)));
  });
  app.addHook("onResponse", async ({ routeOptions }, { elapsedTime, statusCode }) => {
    metrics.answered({ route: routeOptions.url ?? "none", status: statusCode, seconds: elapsedTime / 1_000 });
  });
  await registerPlugins(app, options);
  await describeApi(app, version);
  addRoutes(app, api);
  await servePage(app, options.page);
  return app;
}

/** The OpenAPI document, without a deployment: routes are described, and none is asked. */
export async function describeRoutes(version: string): Promise<object> {
  const app = newApp({});
  await describeApi(app, version);
  addRoutes(app, { version, metrics: newMetrics() } as Api);
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}

function addRoutes(app: App, api: Api): void {
  healthRoutes(app, api);
  statusRoute(app, api);
  metricsRoute(app, api);
  epochRoutes(app, api);
  proofRoutes(app, api);
  proverRoutes(app, api);
  proverHistoryRoutes(app, api);
  stakerRoutes(app, api);
  marketRoutes(app, api);
  networkRoute(app, api);
  foundationRoute(app, api);
}
