// SPDX-License-Identifier: AGPL-3.0-only
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import fastify, { type FastifyBaseLogger } from "fastify";
import { requireDigits } from "./digits.ts";
import { ApiError, answerBroken, answerError } from "./errors.ts";

export type App = ReturnType<typeof newApp>;

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

export interface AppOptions {
  readonly logger?: FastifyBaseLogger | undefined;
  /** How many proxies in front of this server are believed, each of the address that it names. */
  readonly trustProxy?: number | undefined;
}

/** A server without routes, bounded in all that a client decides. */
export function newApp({ logger, trustProxy = 0 }: AppOptions) {
  const server = fastify({
    ...(logger && { loggerInstance: logger }),
    // Each proxy adds to the right: what stood there before it came from whoever asked.
    trustProxy: (_: string, hop: number) => hop < trustProxy,
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
  requireDigits(server);
  server.setErrorHandler(answerError);
  server.setNotFoundHandler((request) => {
    const path = request.url.split("?", 1)[0]?.slice(0, MAX_PARAM_LENGTH);
    throw new ApiError("not-found", `there is nothing at ${request.method} ${path}`);
  });
  // The provider types the instance that it returns, and no other.
  return server.withTypeProvider<TypeBoxTypeProvider>();
}
