// SPDX-License-Identifier: AGPL-3.0-only
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, { type FastifyBaseLogger } from "fastify";
import type { Chain } from "../chain/client.ts";
import type { System } from "../chain/system.ts";
import { initKeccak } from "../core/keccak.ts";
import type { Store } from "../store/store.ts";
import { type Artifacts, artifactsOf } from "./artifacts.ts";
import { ApiError, answerError } from "./errors.ts";
import { type Posted, postReader } from "./posts.ts";
import { epochRoutes } from "./routes/epochs.ts";
import { healthRoutes } from "./routes/health.ts";
import { proofRoutes } from "./routes/proofs.ts";

export interface ApiOptions {
  readonly chain: Chain;
  readonly system: System;
  readonly store: Store;
  readonly version: string;
  readonly logger?: FastifyBaseLogger | undefined;
  /** Milliseconds for which what was read from the chain is served again. */
  readonly maxAge?: number;
}

/** What the routes share. */
export interface Api extends Pick<ApiOptions, "chain" | "system" | "version"> {
  readonly posts: () => Promise<Posted>;
  readonly artifacts: Artifacts;
}

export type App = Awaited<ReturnType<typeof newApp>>;

const MAX_AGE = 1_000;
/** Nothing here reads a body. */
const BODY_LIMIT = 16_384;
const REQUEST_TIMEOUT = 10_000;

/** Every route, ready to be listened on or injected into. */
export async function buildApp(options: ApiOptions): Promise<App> {
  const { chain, system, store, version, logger, maxAge = MAX_AGE } = options;
  await initKeccak();
  const api: Api = {
    chain,
    system,
    version,
    posts: postReader(chain, system, maxAge),
    artifacts: artifactsOf(store, logger),
  };
  const app = newApp(logger);
  app.addHook("onClose", () => api.artifacts.close());
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request) => {
    throw new ApiError("not-found", `there is nothing at ${request.method} ${request.url.split("?", 1)[0]}`);
  });
  healthRoutes(app, api);
  epochRoutes(app, api);
  proofRoutes(app, api);
  return app;
}

function newApp(logger: FastifyBaseLogger | undefined) {
  const server = fastify({
    ...(logger && { loggerInstance: logger }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    // Lets a schema's default and number stand for a query's text; nothing is dropped in silence.
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, useDefaults: true } },
  });
  // The provider types the instance that it returns, and no other.
  return server.withTypeProvider<TypeBoxTypeProvider>();
}
