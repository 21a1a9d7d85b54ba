// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { type Rate, rateOf } from "../../store/directory.ts";
import { readChanges } from "../../store/prover-events.ts";
import { readIncomes } from "../../store/provers.ts";
import { listRequests, priceOf } from "../../store/requests.ts";
import { addressOf } from "../address.ts";
import type { Api } from "../api.ts";
import { cursorFrom } from "../directory.ts";
import type { App } from "../instance.ts";
import type { Prover as ProverState } from "../provers.ts";
import { registered } from "../registered.ts";
import { type Returns, returnsOf } from "../returns.ts";
import { ErrorBody, refTo } from "../schemas/common.ts";
import { Prover, ProverParams, ProverQuery, Provers, ProversQuery } from "../schemas/provers.ts";
import { pointOf, synced } from "../synced.ts";
import { textOf } from "../text.ts";

/** Milliseconds until a reading of database and chain is given up. */
const TIMEOUT = 15_000;
/** How many open assignments are shown; a market bounds them. */
const MOST_ASSIGNMENTS = 1_000;

/** `/v1/provers`, and each prover. */
export function proverRoutes(app: App, api: Api): void {
  app.get(
    "/v1/provers",
    {
      handlerTimeout: TIMEOUT,
      schema: {
        operationId: "listProvers",
        tags: ["provers"],
        summary: "Provers, sorted and searched, with what they staked, charge, delivered and returned",
        querystring: ProversQuery,
        response: { 200: refTo(Provers), default: refTo(ErrorBody) },
      },
    },
    async ({ query: { after: text, ...query } }) => {
      const after = text === undefined ? undefined : cursorFrom(text, query.sort);
      const { reader, position: latest } = await synced(api);
      const list = await reader.list({ ...query, after });
      const { provers, position, total, next } = list ?? {
        provers: [],
        position: latest,
        total: 0,
        next: undefined,
      };
      const incomes = await readIncomes(
        api.database,
        api.deployment,
        provers.map(({ id }) => id),
      );
      const current = await reader.directory.current();
      const entries = new Map(current?.entries.map((entry) => [entry.id, entry]));
      const of = { directory: reader.directory, deployment: api.deployment, position };
      return {
        synced: pointOf(position),
        total,
        provers: await Promise.all(
          provers.map(async (prover) => {
            const returns = await returnsOf(of, prover, incomes.get(prover.id) ?? []);
            const { fees, rewards } = entries.get(prover.id) ?? {};
            return proverOf(prover, { returns, fees, rewards });
          }),
        ),
        next: next === undefined ? null : next.startsWith("0x") ? getAddress(next) : next,
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
        summary: "One prover: stake, vault, commission, open assignments, returns, and its record by epoch",
        params: ProverParams,
        querystring: ProverQuery,
        response: { 200: refTo(Prover), default: refTo(ErrorBody) },
      },
    },
    async ({ params, query: { epochs } }) => {
      const prover = addressOf(params.address);
      const { reader, position } = await synced(api);
      const found = registered(prover, await reader.find({ prover, epochs }));
      const vault = await reader.vault(found);
      const { database, deployment } = api;
      const [incomes, changes, open] = await Promise.all([
        readIncomes(database, deployment, [found.id]),
        readChanges(database, deployment, found.id),
        listRequests(database, deployment, { limit: MOST_ASSIGNMENTS, which: "open", prover }),
      ]);
      const of = { directory: reader.directory, deployment, position };
      const returns = await returnsOf(of, found, incomes.get(found.id) ?? []);
      const fees = rateOf(changes, deployment.market, position.time);
      const rewards = rateOf(changes, deployment.distributor, position.time);
      return {
        synced: pointOf(position),
        ...proverOf(found, { returns, fees, rewards }),
        payout: vault === undefined ? null : getAddress(vault.payout),
        vaultState:
          vault === undefined
            ? null
            : {
                totalAssets: String(vault.totalAssets),
                totalShares: String(vault.totalShares),
                unvested: String(vault.unvested),
                vestingEnd: String(vault.vestingEnd),
                unbonding: String(vault.unbonding),
                maxDeposit: String(vault.maxDeposit),
                commissionOwed: String(vault.commissionOwed),
              },
        assignments: open.requests
          .filter(({ openedAt, commitDuration, revealDuration }) => {
            return openedAt === undefined || position.time > openedAt + commitDuration + revealDuration;
          })
          .sort((a, b) => (a.deadline < b.deadline ? -1 : 1))
          .map((request) => ({
            id: request.id,
            price: String(priceOf(request) ?? 0n),
            lock: String(request.lockAmount),
            deadline: String(request.deadline),
          })),
      };
    },
  );
}

interface Beside {
  readonly returns: Returns;
  readonly fees: Rate | undefined;
  readonly rewards: Rate | undefined;
}

function announced(rate: Rate | undefined) {
  const next = rate?.announced;
  return next === undefined ? null : { bps: next.bps, at: String(next.at) };
}

function proverOf(prover: ProverState, { returns, fees, rewards }: Beside) {
  return {
    prover: getAddress(prover.prover),
    vault: getAddress(prover.vault),
    state: prover.state,
    registeredAt: String(prover.registeredAt),
    stake: String(prover.active),
    sharePrice: textOf(prover.sharePrice),
    returns,
    announced: { fees: announced(fees), rewards: announced(rewards) },
    collateral: {
      locked: String(prover.locked),
      free: String(prover.free),
      unbonding: String(prover.unbonding),
    },
    selfStake: String(prover.selfStake),
    commissionBps: prover.commission,
    fulfilments: prover.fulfilments,
    misses: prover.misses,
    onTimeBps: prover.onTimeBps,
    epochs: prover.activity.map(({ epoch, fulfilments, misses, onTimeBps, ...of }) => ({
      ...{ epoch, fulfilments, misses, onTimeBps },
      work: String(of.work),
      fees: String(of.fees),
      protocolFees: String(of.protocolFees),
      stake: String(of.stake),
    })),
  };
}
