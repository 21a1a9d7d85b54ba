// SPDX-License-Identifier: AGPL-3.0-only
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { App } from "./instance.ts";
import { DIGITS, ErrorBody } from "./schemas/common.ts";
import { EpochDetail, EpochList } from "./schemas/epochs.ts";
import { MarketRequest, MarketRequests } from "./schemas/market.ts";
import { Foundation, Network } from "./schemas/network.ts";
import { Commissions, Proof, Prover, ProverHistory, Provers, Slashes } from "./schemas/provers.ts";
import { Health, Readiness, Status } from "./schemas/service.ts";
import { Moves, Positions } from "./schemas/stakers.ts";

/** What routes answer, by name. */
const NAMED = [
  ...[ErrorBody, EpochList, EpochDetail, Provers, Prover, ProverHistory, Commissions, Slashes, Proof],
  ...[Positions, Moves, MarketRequests, MarketRequest, Network, Foundation, Health, Readiness, Status],
];

/** What an API's document says besides its routes. */
export interface Described {
  readonly named: readonly object[];
  readonly description: string;
  readonly tags: readonly { readonly name: string; readonly description: string }[];
}

const OURS: Described = {
  named: NAMED,
  description:
    "Epochs, roots, merkleProofs, provers, stakers and requests of one deployment. Amounts, times and block numbers are decimal strings; addresses are taken in any case and given with their checksum.",
  tags: [
    { name: "epochs", description: "Posted roots, and the artifacts that they were computed into" },
    { name: "provers", description: "What a prover claims with, and how reliable it was" },
    { name: "stakers", description: "What an address has staked, and what it gained" },
    { name: "market", description: "Requests, their bids, and what became of them" },
    { name: "network", description: "The deployment, and who pays" },
    { name: "service", description: "How this server is" },
  ],
};

/** `/openapi.json`, and a page for people at `/docs` that loads nothing from elsewhere. */
export async function describeApi(
  app: App,
  version: string,
  { named, description, tags }: Described = OURS,
): Promise<void> {
  for (const schema of named) app.addSchema(schema);
  await app.register(swagger, {
    transform: ({ schema, url }) => ({ schema: { ...schema, ...asAsked(schema) }, url }),
    transformObject: (document) => ("openapiObject" in document ? asShown(document.openapiObject) : {}),
    refResolver: { buildLocalReference: ({ $id }) => String($id) },
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Provender",
        version,
        description,
        license: { name: "AGPL-3.0-only", identifier: "AGPL-3.0-only" },
      },
      tags: [...tags],
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

/** Without what is said to the serializer alone. */
function asShown<T>(document: T): T {
  return JSON.parse(JSON.stringify(document), (key, value) =>
    key === "format" && value === DIGITS.format ? undefined : value,
  );
}

interface Query {
  readonly properties: Readonly<Record<string, { readonly default?: unknown }>>;
  readonly required?: readonly string[];
}

/** To whoever is asked, a query with a default always has a value; whoever asks may leave it out. */
function asAsked({ querystring }: { readonly querystring?: unknown }) {
  if (querystring === undefined) return {};
  const { properties, required = [], ...query } = querystring as Query;
  const needed = required.filter((name) => properties[name]?.default === undefined);
  return { querystring: { ...query, properties, required: needed } };
}
