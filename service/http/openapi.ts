// SPDX-License-Identifier: AGPL-3.0-only
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { App } from "./app.ts";

/** `/openapi.json`, and a page for people at `/docs` that loads nothing from elsewhere. */
export async function describeApi(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Provender",
        version,
        description:
          "Epochs, roots, merkleProofs and provers of one deployment. Amounts, times and block numbers are decimal strings; addresses are taken in any case and given with their checksum.",
        license: { name: "AGPL-3.0-only", identifier: "AGPL-3.0-only" },
      },
      tags: [
        { name: "epochs", description: "Posted roots, and the artifacts that they were computed into" },
        { name: "provers", description: "What a prover claims with, and how reliable it was" },
        { name: "service", description: "How this server is" },
      ],
    },
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: PAGE,
    transformSpecificationClone: false,
    uiConfig: { url: "/openapi.json", validatorUrl: null, tryItOutEnabled: true },
    theme: { title: "Provender: API" },
  });
  app.get("/openapi.json", { schema: { hide: true }, config: { rateLimit: false } }, () => app.swagger());
}

const PAGE = {
  "default-src": ["'self'"],
  "img-src": ["'self'", "data:"],
  "style-src": ["'self'", "'unsafe-inline'"],
  "frame-ancestors": ["'none'"],
};
