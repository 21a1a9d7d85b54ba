// SPDX-License-Identifier: AGPL-3.0-only
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../instance.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Moves, MovesQuery, Positions, StakerParams } from "../schemas/stakers.ts";

export function stakerRoutes(app: App, _api: Api): void {
  app.get(
    "/v1/stakers/:address/positions",
    {
      schema: {
        operationId: "getPositions",
        tags: ["stakers"],
        summary: "What an address has staked over all vaults: worth, put in, gained, and its exits",
        params: StakerParams,
        response: { 200: refTo(Positions), default: refTo(ErrorBody) },
      },
    },
    async () => {
      throw new ApiError("not-synced", "this server has not read that yet: try again later");
    },
  );

  app.get(
    "/v1/stakers/:address/moves",
    {
      schema: {
        operationId: "listMoves",
        tags: ["stakers"],
        summary: "Deposits, exits, claims and transfers of an address, the newest first",
        params: StakerParams,
        querystring: MovesQuery,
        response: { 200: refTo(Moves), default: refTo(ErrorBody) },
      },
    },
    async () => {
      throw new ApiError("not-synced", "this server has not read that yet: try again later");
    },
  );
}
