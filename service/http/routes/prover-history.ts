// SPDX-License-Identifier: AGPL-3.0-only
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../instance.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Commissions, HistoryQuery, ProverHistory, ProverParams, Slashes } from "../schemas/provers.ts";

export function proverHistoryRoutes(app: App, _api: Api): void {
  app.get(
    "/v1/provers/:address/epochs",
    {
      schema: {
        operationId: "listProverEpochs",
        tags: ["provers"],
        summary: "A prover's record by epoch: share price, stake, work, income, and what it earned",
        params: ProverParams,
        querystring: HistoryQuery,
        response: { 200: refTo(ProverHistory), default: refTo(ErrorBody) },
      },
    },
    async () => {
      throw new ApiError("not-synced", "this server has not read that yet: try again later");
    },
  );

  app.get(
    "/v1/provers/:address/commissions",
    {
      schema: {
        operationId: "listCommissions",
        tags: ["provers"],
        summary: "A prover's commission, and all its changes",
        params: ProverParams,
        response: { 200: refTo(Commissions), default: refTo(ErrorBody) },
      },
    },
    async () => {
      throw new ApiError("not-synced", "this server has not read that yet: try again later");
    },
  );

  app.get(
    "/v1/provers/:address/slashes",
    {
      schema: {
        operationId: "listSlashes",
        tags: ["provers"],
        summary: "What was slashed from a prover's vault, and why",
        params: ProverParams,
        response: { 200: refTo(Slashes), default: refTo(ErrorBody) },
      },
    },
    async () => {
      throw new ApiError("not-synced", "this server has not read that yet: try again later");
    },
  );
}
