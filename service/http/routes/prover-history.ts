// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { commissionAt, DEFAULT_SOURCE } from "../../core/commission.ts";
import { NO_OVERRIDE } from "../../core/ids.ts";
import type { Address, Row } from "../../core/types.ts";
import { readChanges, readSlashes } from "../../store/prover-events.ts";
import { findNumber, findProver, type ProverRecord } from "../../store/provers.ts";
import { addressOf } from "../address.ts";
import type { Api } from "../api.ts";
import type { App } from "../instance.ts";
import { registered } from "../registered.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Commissions, HistoryQuery, ProverHistory, ProverParams, Slashes } from "../schemas/provers.ts";
import { pointOf, synced } from "../synced.ts";
import { textOf } from "../text.ts";

/** Milliseconds until a reading of database and artifacts is given up. */
const TIMEOUT = 15_000;

/** A prover's epochs, commissions and slashes. */
export function proverHistoryRoutes(app: App, api: Api): void {
  app.get(
    "/v1/provers/:address/epochs",
    {
      handlerTimeout: TIMEOUT,
      schema: {
        operationId: "listProverEpochs",
        tags: ["provers"],
        summary: "A prover's record by epoch: share price, stake, work, income, and what it earned",
        params: ProverParams,
        querystring: HistoryQuery,
        response: { 200: refTo(ProverHistory), default: refTo(ErrorBody) },
      },
    },
    async ({ params, query: { limit, before } }) => {
      const prover = addressOf(params.address);
      const { position } = await synced(api);
      const { database, deployment } = api;
      const wanted = { prover, epochs: limit, before };
      const found = registered(prover, await findProver(database, deployment, wanted));
      const posted = await api.posts();
      const rows = await Promise.all(
        found.activity.map(({ epoch }) => {
          const post = posted.epochs.find((candidate) => candidate.epoch === epoch && !candidate.vetoed);
          return post === undefined ? undefined : api.artifacts.row(post.datasetHash, prover);
        }),
      );
      const first = found.activity.at(-1)?.epoch ?? 0;
      return {
        synced: pointOf(position),
        epochs: found.activity.map((activity, i) => epochOf(activity, rows[i])),
        next: first > 0 ? first : null,
      };
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
    async ({ params }) => {
      const { database, deployment } = api;
      const prover = addressOf(params.address);
      const { position } = await synced(api);
      const id = registered(prover, await findNumber(api.database, api.deployment, prover));
      const changes = await readChanges(database, deployment, id);
      const names = new Map<Address, "default" | "fees" | "rewards">([
        [DEFAULT_SOURCE, "default"],
        [deployment.market, "fees"],
        [deployment.distributor, "rewards"],
      ]);
      return {
        synced: pointOf(position),
        commissions: [...changes].reverse().map((change) => {
          const { sequence, source, bps, announcedAt, effectiveAt, block } = change;
          // Without it the rate would be another, or an equal one of an earlier change.
          const upTo = changes.filter(
            (other) => other.source === source && other.effectiveAt <= position.time,
          );
          return {
            sequence,
            source: names.get(source) ?? ("other" as const),
            address: getAddress(source),
            bps: bps === NO_OVERRIDE ? null : bps,
            announcedAt: String(announcedAt),
            effectiveAt: String(effectiveAt),
            inForce: upTo.at(-1) === change && isInForce(changes, source, bps, position.time),
            block: String(block),
          };
        }),
      };
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
    async ({ params }) => {
      const prover = addressOf(params.address);
      const { position } = await synced(api);
      const id = registered(prover, await findNumber(api.database, api.deployment, prover));
      const slashes = await readSlashes(api.database, api.deployment, id);
      return {
        synced: pointOf(position),
        slashes: slashes.map(({ from_active, from_unbonding, cause, request, block, time }) => ({
          amount: String(BigInt(from_active) + BigInt(from_unbonding)),
          fromActive: from_active,
          fromUnbonding: from_unbonding,
          ...{ cause, request, block: String(block) },
          time: textOf(time),
        })),
      };
    },
  );
}

function isInForce(
  changes: Parameters<typeof commissionAt>[0],
  source: Address,
  bps: number,
  time: bigint,
): boolean {
  const now = commissionAt(changes, source, time);
  return bps === NO_OVERRIDE ? now === commissionAt(changes, DEFAULT_SOURCE, time) : now === bps;
}

function epochOf({ epoch, income, ...of }: ProverRecord["activity"][number], row: Row | undefined) {
  return {
    epoch,
    at: String(of.at),
    running: of.running,
    sharePrice: textOf(of.sharePrice),
    active: String(of.active),
    stake: String(of.stake),
    ...{ fulfilments: of.fulfilments, misses: of.misses, onTimeBps: of.onTimeBps },
    work: String(of.work),
    fees: String(of.fees),
    protocolFees: String(of.protocolFees),
    income: {
      fees: String(income.fees),
      feeCommission: String(income.feeCommission),
      rewards: String(income.rewards),
      rewardCommission: String(income.rewardCommission),
      other: String(income.other),
      slashed: String(income.slashed),
    },
    earned:
      row === undefined
        ? null
        : {
            amount: String(row.amount),
            commission: String(row.commission),
            limitedBy: row.limitedBy,
            campaigns:
              row.campaigns?.map(({ work, fees, amount, limitedBy }) => ({
                ...{ work: String(work), fees: String(fees), amount: String(amount), limitedBy },
              })) ?? null,
          },
  };
}
