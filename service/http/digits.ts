// SPDX-License-Identifier: AGPL-3.0-only
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiError } from "./errors.ts";

/**
 * Has every route take its query's numbers in digits alone: the validator would take `Infinity` for one, and no maximum
 * holds that. Whoever asks a route without numbers does not pay for it.
 */
export function requireDigits(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    const { properties = {} } = (route.schema?.querystring ?? {}) as {
      properties?: Readonly<Record<string, { type?: string }>>;
    };
    const numbers = Object.keys(properties).filter((name) => properties[name]?.type === "integer");
    if (numbers.length > 0) route.preValidation = (request) => requireEach(numbers, request);
  });
}

async function requireEach(numbers: readonly string[], { query }: FastifyRequest): Promise<void> {
  for (const name of numbers) {
    const text = (query as Record<string, unknown>)[name];
    if (typeof text === "string" && !/^[0-9]+$/.test(text)) {
      throw new ApiError("invalid-request", `${name}: not a number: write it in digits`, name);
    }
  }
}
