// SPDX-License-Identifier: AGPL-3.0-only
import cors from "@fastify/cors";
import etag from "@fastify/etag";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, { type FastifyBaseLogger } from "fastify";
import type { Chain } from "../chain/client.ts";
import type { System } from "../chain/system.ts";
import { initKeccak } from "../core/keccak.ts";
import type { Address } from "../core/types.ts";
import type { Status } from "../epoch/status.ts";
import type { Database } from "../store/database.ts";
import { openDeployment } from "../store/deployment.ts";
import type { Store } from "../store/store.ts";
import { type Artifacts, artifactsOf } from "./artifacts.ts";
import { checksummed } from "./checksum.ts";
import { requireDigits } from "./digits.ts";
import { ApiError, answerBroken, answerError } from "./errors.ts";
import { type Metrics, newMetrics } from "./metrics.ts";
import { describeApi } from "./openapi.ts";
import { type Posted, postReader } from "./posts.ts";
import { type ProverReader, proverReader } from "./provers.ts";
import { remembered } from "./remembered.ts";
import { epochRoutes } from "./routes/epochs.ts";
import { healthRoutes } from "./routes/health.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { proofRoutes } from "./routes/proofs.ts";
import { proverRoutes } from "./routes/provers.ts";
import { statusRoute } from "./routes/status.ts";

export interface ApiOptions {
  readonly chain: Chain;
  readonly system: System;
  readonly store: Store;
  readonly version: string;
  /** What is due, and how long the funds last. */
  readonly status: () => Promise<Status>;
  /** What provers did; without it, nobody is told. */
  readonly database?: Database | undefined;
  /** Counts what happens here, beside what others count in it. */
  readonly metrics?: Metrics | undefined;
  /** Whose balance pays for posting, if this process posts. */
  readonly signer?: Address | undefined;
  readonly logger?: FastifyBaseLogger | undefined;
  /** Milliseconds for which what was read from the chain is served again. */
  readonly maxAge?: number | undefined;
  /** Requests a minute that one address is answered; as many as it sends, if not given or 0. */
  readonly rateLimit?: number | undefined;
  /** Take the address that a proxy in front of this server names. */
  readonly trustProxy?: boolean | undefined;
}

/** What the routes share. */
export interface Api extends Pick<ApiOptions, "chain" | "system" | "version" | "signer"> {
  readonly status: () => Status | Promise<Status>;
  /** The deployment's addresses with their checksums. */
  readonly shown: { readonly token: Address; readonly distributor: Address };
  /** At once if it is known, so that who answers thousands need not wait. */
  readonly posts: () => Posted | Promise<Posted>;
  readonly artifacts: Artifacts;
  readonly metrics: Metrics;
  /** Undefined where there is no database. */
  readonly provers: ProverReader | undefined;
}

export type App = ReturnType<typeof newApp>;

const MAX_AGE = 1_000;
/** Nothing here reads a body. */
const BODY_LIMIT = 16_384;
/** Milliseconds until a request must have arrived, its head before that. */
const REQUEST_TIMEOUT = 10_000;
const HEADERS_TIMEOUT = 5_000;
/** Milliseconds in which somebody must have sent or taken a byte: who asks for an artifact has to read it. */
const IDLE_TIMEOUT = 60_000;
const CHECKED_EVERY = 1_000;
/** More connections than this are refused, so that those there are go on being answered. */
const MAX_CONNECTIONS = 10_000;
const MAX_HEADERS = 100;
/** Beyond it, no parameter is looked at. */
const MAX_PARAM_LENGTH = 256;

/** Every route, ready to be listened on or injected into. */
export async function buildApp(options: ApiOptions): Promise<App> {
  const { chain, system, store, version, status, database, signer, maxAge = MAX_AGE } = options;
  await initKeccak();
  const metrics = options.metrics ?? newMetrics();
  const app = newApp(options);
  const deployment = database && (await openDeployment(database, system));
  const posts = postReader(chain, system, maxAge);
  const api: Api = {
    chain,
    system,
    version,
    status: remembered(status, maxAge),
    signer,
    shown: { token: checksummed(system.token), distributor: checksummed(system.distributor) },
    posts,
    metrics,
    artifacts: artifactsOf(store, { log: options.logger, metrics }),
    provers: database && deployment && proverReader({ database, deployment, chain, system, posts }),
  };
  app.addHook("onClose", () => api.artifacts.close());
  app.addHook("onResponse", async ({ routeOptions }, { elapsedTime, statusCode }) => {
    metrics.answered({ route: routeOptions.url ?? "none", status: statusCode, seconds: elapsedTime / 1_000 });
  });
  await register(app, options);
  await describeApi(app, version);
  addRoutes(app, api);
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
}

function newApp({ logger, trustProxy = false }: Pick<ApiOptions, "logger" | "trustProxy">) {
  const server = fastify({
    ...(logger && { loggerInstance: logger }),
    trustProxy,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    connectionTimeout: IDLE_TIMEOUT,
    http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: CHECKED_EVERY },
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // Lets a schema's default and number stand for a query's text; nothing is dropped in silence.
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, useDefaults: true } },
    frameworkErrors: answerError,
    clientErrorHandler: answerBroken,
  });
  server.server.maxConnections = MAX_CONNECTIONS;
  server.server.maxHeadersCount = MAX_HEADERS;
  server.addHook("preValidation", requireDigits);
  server.setErrorHandler(answerError);
  server.setNotFoundHandler((request) => {
    const path = request.url.split("?", 1)[0]?.slice(0, MAX_PARAM_LENGTH);
    throw new ApiError("not-found", `there is nothing at ${request.method} ${path}`);
  });
  // The provider types the instance that it returns, and no other.
  return server.withTypeProvider<TypeBoxTypeProvider>();
}

/** What stands between the network and every route. */
async function register(app: App, { rateLimit: max = 0 }: ApiOptions): Promise<void> {
  await app.register(helmet, {
    // Data, not pages; the one page there is says what it loads.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { "default-src": ["'none'"], "frame-ancestors": ["'none'"] },
    },
    // The data is everybody's, from any page.
    crossOriginResourcePolicy: { policy: "cross-origin" },
  });
  await app.register(cors, {
    origin: "*",
    methods: ["GET", "HEAD"],
    exposedHeaders: [
      "etag",
      "retry-after",
      "x-ratelimit-limit",
      "x-ratelimit-remaining",
      "x-ratelimit-reset",
    ],
    maxAge: 86_400,
  });
  if (max > 0) {
    await app.register(rateLimit, {
      max,
      timeWindow: "1 minute",
      errorResponseBuilder: (_, { after }) =>
        new ApiError("rate-limited", `more than ${max} requests a minute: try again in ${after}`),
    });
  }
  await app.register(etag);
}
