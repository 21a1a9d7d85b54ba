// SPDX-License-Identifier: AGPL-3.0-only
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../instance.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Foundation } from "../schemas/network.ts";

export function foundationRoute(app: App, _api: Api): void {
  app.get(
    "/v1/foundation",
    {
      schema: {
        operationId: "getFoundation",
        tags: ["network"],
        summary: "Funds, promises and runway; budgets and policies; who posts and who attests",
        response: { 200: refTo(Foundation), default: refTo(ErrorBody) },
      },
    },
    async () => {
      throw new ApiError("not-synced", "this server has not read that yet: try again later");
    },
  );
}
