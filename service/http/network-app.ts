// SPDX-License-Identifier: AGPL-3.0-only
import { ApiError } from "./errors.ts";
import { type App, newApp } from "./instance.ts";
import { type Described, describeApi } from "./openapi.ts";
import { registerPlugins } from "./plugins.ts";
import { ErrorBody, refTo } from "./schemas/common.ts";
import {
  OtherEpoch,
  OtherEpochParams,
  OtherHealth,
  OtherReadiness,
  OtherStatus,
} from "./schemas/provernet.ts";

/** What another network's server answers from. Amounts are bigint, and leave as decimal texts. */
export interface NetworkSource {
  /** Why nothing is read yet, or the last reading failed; undefined if all is well. */
  readonly trouble: () => string | undefined;
  readonly status: () => Promise<object>;
  /** Undefined for an epoch that has no window, or has not begun. */
  readonly epoch: (number: number) => Promise<object | undefined>;
}

const THEIRS: Described = {
  named: [ErrorBody, OtherHealth, OtherReadiness, OtherStatus, OtherEpoch],
  description:
    "Epochs of Brevis ProverNet's contracts, read from their logs up to the last final block. Amounts, block numbers and a block's time are decimal strings.",
  tags: [
    { name: "epochs", description: "Who worked, staked, missed and was paid" },
    { name: "service", description: "How far is read, and how this server is" },
  ],
};

/**
 * The HTTP answers about another network: its epochs' figures, as `provender provers --json` prints them.
 * `rateLimit`: requests a minute for each address, 0 for any number.
 */
export async function buildNetworkApp(
  source: NetworkSource,
  rateLimit: number,
  version: string,
): Promise<App> {
  const app = newApp({});
  app.setReplySerializer((payload) =>
    JSON.stringify(payload, (_, item) => (typeof item === "bigint" ? String(item) : item)),
  );
  await registerPlugins(app, { rateLimit });
  await describeApi(app, version, THEIRS);
  addRoutes(app, source);
  return app;
}

/** The OpenAPI document of such a server, without a network. */
export async function describeNetworkRoutes(version: string): Promise<object> {
  const app = newApp({});
  await describeApi(app, version, THEIRS);
  addRoutes(app, {} as NetworkSource);
  await app.ready();
  const document = app.swagger();
  await app.close();
  return document;
}

function addRoutes(app: App, source: NetworkSource): void {
  const unlimited = { config: { rateLimit: false } };
  app.get(
    "/health",
    {
      ...unlimited,
      schema: {
        ...{ operationId: "getHealth", tags: ["service"], summary: "Whether the process answers" },
        response: { 200: refTo(OtherHealth) },
      },
    },
    async () => ({ status: "ok" as const }),
  );
  app.get(
    "/ready",
    {
      ...unlimited,
      schema: {
        ...{ operationId: "getReadiness", tags: ["service"] },
        summary: "Whether the chain is read, and agrees with what the contracts say of themselves",
        response: { 200: refTo(OtherReadiness), 503: refTo(OtherReadiness) },
      },
    },
    async (_, reply) => {
      const trouble = source.trouble();
      if (trouble === undefined) return { status: "ready" as const };
      return reply.status(503).send({ status: "not-ready" as const, trouble });
    },
  );
  app.get(
    "/v1/status",
    {
      schema: {
        ...{ operationId: "getStatus", tags: ["service"] },
        summary: "How far is read, where the chain's head is, and which epochs there are",
        response: { 200: refTo(OtherStatus), default: refTo(ErrorBody) },
      },
    },
    async () => (await source.status()) as never,
  );
  app.get(
    "/v1/epochs/:epoch",
    {
      schema: {
        ...{ operationId: "getEpoch", tags: ["epochs"] },
        summary: "Who worked, staked, missed and was paid in an epoch, or so far in the one that runs",
        params: OtherEpochParams,
        response: { 200: refTo(OtherEpoch), default: refTo(ErrorBody) },
      },
    },
    async ({ params: { epoch } }) => {
      const found = await source.epoch(epoch);
      if (found === undefined) {
        throw new ApiError("unknown-epoch", `epoch ${epoch} has no window, or has not begun`);
      }
      return found as never;
    },
  );
}
