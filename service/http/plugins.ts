// SPDX-License-Identifier: AGPL-3.0-only
import cors from "@fastify/cors";
import etag from "@fastify/etag";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import { compressAnswers } from "./coding.ts";
import { ApiError } from "./errors.ts";
import type { App } from "./instance.ts";

/** What stands between the network and every route. */
export async function registerPlugins(
  app: App,
  { rateLimit: max = 0 }: { readonly rateLimit?: number | undefined },
): Promise<void> {
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
  compressAnswers(app);
}
