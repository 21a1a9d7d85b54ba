// SPDX-License-Identifier: AGPL-3.0-only
import type { FastifyRequest } from "fastify";
import { ApiError } from "./errors.ts";

/**
 * A number is written in digits: the validator would take `Infinity` for one, and no maximum holds that.
 * @throws ApiError
 */
export async function requireDigits({ query, routeOptions }: FastifyRequest): Promise<void> {
  const { properties = {} } = (routeOptions.schema?.querystring ?? {}) as {
    properties?: Readonly<Record<string, { type?: string }>>;
  };
  for (const [name, { type }] of Object.entries(properties)) {
    const text = (query as Record<string, unknown>)[name];
    if (type === "integer" && typeof text === "string" && !/^[0-9]+$/.test(text)) {
      throw new ApiError("invalid-request", `${name}: not a number: write it in digits`, name);
    }
  }
}
