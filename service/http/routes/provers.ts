// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { addressOf } from "../address.ts";
import type { Api } from "../api.ts";
import { ApiError } from "../errors.ts";
import type { App } from "../instance.ts";
import type { Prover as ProverState } from "../provers.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Prover, ProverParams, ProverQuery, Provers, ProversQuery } from "../schemas/provers.ts";
import { pointOf, synced } from "../synced.ts";

/** Milliseconds until a reading of database and chain is given up. */
const TIMEOUT = 15_000;

export function proverRoutes(app: App, api: Api): void {
  app.get(
    "/v1/provers",
    {
      handlerTimeout: TIMEOUT,
      schema: {
        operationId: "listProvers",
        tags: ["provers"],
        summary: "Provers by address, with what they staked, charge and delivered",
        querystring: ProversQuery,
        response: { 200: refTo(Provers), default: refTo(ErrorBody) },
      },
    },
    async ({ query: { limit, after, epochs } }) => {
      const { reader, position } = await synced(api);
      if (after !== undefined && !/^0x[0-9a-fA-F]{40}$/.test(after)) {
        throw new ApiError("invalid-request", "after: give the `next` of the page before", "after");
      }
      const start = after === undefined ? undefined : addressOf(after, "after");
      const { provers, next } = await reader.list({ limit, after: start, epochs });
      return {
        synced: pointOf(position),
        provers: provers.map(proverOf),
        next: next === undefined ? null : getAddress(next),
      };
    },
  );

  app.get(
    "/v1/provers/:address",
    {
      handlerTimeout: TIMEOUT,
      schema: {
        operationId: "getProver",
        tags: ["provers"],
        summary: "One prover: stake, free collateral, commission, and its record by epoch",
        params: ProverParams,
        querystring: ProverQuery,
        response: { 200: refTo(Prover), default: refTo(ErrorBody) },
      },
    },
    async ({ params, query: { epochs } }) => {
      const prover = addressOf(params.address);
      const { reader, position } = await synced(api);
      const found = await reader.find({ prover, epochs });
      if (found === undefined) {
        const message = `${getAddress(prover)} is not registered as a prover`;
        throw new ApiError("unknown-prover", message, "address");
      }
      return { synced: pointOf(position), ...proverOf(found) };
    },
  );
}

function proverOf(prover: ProverState) {
  return {
    prover: getAddress(prover.prover),
    vault: getAddress(prover.vault),
    state: prover.state,
    registeredAt: String(prover.registeredAt),
    stake: String(prover.active),
    collateral: { locked: String(prover.locked), free: String(prover.free) },
    commissionBps: prover.commission,
    fulfilments: prover.fulfilments,
    misses: prover.misses,
    onTimeBps: prover.onTimeBps,
    epochs: prover.activity.map(({ work, fees, protocolFees, stake, ...activity }) => ({
      ...activity,
      work: String(work),
      fees: String(fees),
      protocolFees: String(protocolFees),
      stake: String(stake),
    })),
  };
}
