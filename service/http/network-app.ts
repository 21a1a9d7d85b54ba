// SPDX-License-Identifier: AGPL-3.0-only
import cors from "@fastify/cors";
import etag from "@fastify/etag";
import helmet from "@fastify/helmet";
import rateLimit from "@fastify/rate-limit";
import { fastify } from "fastify";
import { ApiError, answerError } from "./errors.ts";

/** What another network's server answers from. Amounts are bigint, and leave as decimal texts. */
export interface NetworkSource {
  /** Why nothing is read yet, or the last reading failed; undefined if all is well. */
  readonly trouble: () => string | undefined;
  readonly status: () => Promise<object>;
  /** Undefined for an epoch that has no window, or is not over. */
  readonly epoch: (number: number) => Promise<object | undefined>;
}

/** The HTTP answers about another network: its epochs' figures, as `provender provers --json` prints them. */
export async function buildNetworkApp(source: NetworkSource, perMinute: number) {
  const app = fastify({ logger: false });
  app.setErrorHandler(answerError as never);
  app.setNotFoundHandler(() => {
    throw new ApiError("not-found", "there is no such path");
  });
  app.setReplySerializer((payload) =>
    JSON.stringify(payload, (_, item) => (typeof item === "bigint" ? String(item) : item)),
  );
  await app.register(helmet);
  await app.register(cors);
  await app.register(etag);
  if (perMinute > 0) await app.register(rateLimit, { max: perMinute, timeWindow: 60_000 });
  app.get("/health", async () => ({ status: "ok" }));
  app.get("/ready", async (_, reply) => {
    const trouble = source.trouble();
    if (trouble === undefined) return { status: "ready" };
    return reply.status(503).send({ status: "not-ready", trouble });
  });
  app.get("/v1/status", () => source.status());
  app.get<{ Params: { epoch: string } }>("/v1/epochs/:epoch", async ({ params: { epoch } }) => {
    if (!/^[1-9][0-9]{0,8}$/.test(epoch)) {
      throw new ApiError("invalid-request", "epoch is not a number from 1 on", "epoch");
    }
    const found = await source.epoch(Number(epoch));
    if (found === undefined)
      throw new ApiError("unknown-epoch", `epoch ${epoch} has no window, or is not over`);
    return found;
  });
  return app;
}
