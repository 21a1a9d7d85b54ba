// SPDX-License-Identifier: AGPL-3.0-only
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../instance.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { MarketRequest, MarketRequests, RequestParams, RequestsQuery } from "../schemas/market.ts";

export function marketRoutes(app: App, _api: Api): void {
  app.get(
    "/v1/requests",
    {
      schema: {
        operationId: "listRequests",
        tags: ["market"],
        summary: "Requests with their bids and what became of them, the newest first",
        querystring: RequestsQuery,
        response: { 200: refTo(MarketRequests), default: refTo(ErrorBody) },
      },
    },
    async () => {
      throw new ApiError("not-synced", "this server has not read that yet: try again later");
    },
  );

  app.get(
    "/v1/requests/:id",
    {
      schema: {
        operationId: "getRequest",
        tags: ["market"],
        summary: "One request",
        params: RequestParams,
        response: { 200: refTo(MarketRequest), default: refTo(ErrorBody) },
      },
    },
    async () => {
      throw new ApiError("not-synced", "this server has not read that yet: try again later");
    },
  );
}
