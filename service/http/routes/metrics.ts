// SPDX-License-Identifier: AGPL-3.0-only
import { Type } from "typebox";
import { formatEther } from "viem";
import { epochBounds } from "../../chain/system.ts";
import type { Status } from "../../epoch/status.ts";
import type { Api } from "../api.ts";
import type { App } from "../instance.ts";
import type { Gauges } from "../metrics.ts";
import { remembered } from "../remembered.ts";

const Text = Type.String({ examples: ["provender_chain_up 1\n"] });

/** `/metrics`, as Prometheus reads it. */
export function metricsRoute(app: App, api: Api): void {
  const { registry, gauges } = api.metrics;
  const balance = remembered(balanceOf(api), BALANCE_AGE);
  const observe = once(() => observeAll(api, gauges, balance));
  app.get(
    "/metrics",
    {
      config: { rateLimit: false },
      schema: {
        operationId: "getMetrics",
        tags: ["service"],
        summary: "Counters and states for Prometheus",
        response: {
          200: { description: "Counters and states", content: { "text/plain": { schema: Text } } },
        },
      },
    },
    async (_, reply) => {
      await observe();
      return reply.type(registry.contentType).send(await registry.metrics());
    },
  );
}

type Balance = bigint | undefined | Promise<bigint | undefined>;

/** Milliseconds for which it is shown again: whoever asks often costs the endpoint nothing. */
const BALANCE_AGE = 10_000;
/** Milliseconds without a new reading after which the chain counts as silent. */
const SILENT_AFTER = 15_000;

function balanceOf({ chain, signer }: Api): () => Promise<bigint | undefined> {
  return async () => signer && chain.client.getBalance({ address: signer });
}

/** However many ask at a time, the chain is asked once. */
function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= action().finally(() => {
      running = undefined;
    });
    return running;
  };
}

/** What cannot be known now keeps its last value; that the chain is silent is a value of its own. */
async function observeAll(api: Api, gauges: Gauges, readBalance: () => Balance): Promise<void> {
  const [status, position, balance, troubles] = await Promise.allSettled([
    api.status(),
    api.provers.position(),
    readBalance(),
    api.troubles(),
  ]);
  const isNew = status.status === "fulfilled" && (api.status.age() ?? 0) <= SILENT_AFTER;
  gauges.chainUp(isNew ? 1 : 0);
  if (status.status === "fulfilled") setStatus(api, gauges, status.value);
  const read = position.status === "fulfilled" ? position.value?.time : undefined;
  const head = status.status === "fulfilled" ? status.value.timestamp : undefined;
  const upTo = read ?? head;
  if (upTo !== undefined) gauges.syncLag(Math.max(0, Date.now() / 1_000 - Number(upTo)));
  if (troubles.status === "fulfilled") {
    const { overdue, pending } = troubles.value;
    gauges.epochsOverdue(overdue);
    if (api.signer !== undefined) gauges.outboxPending(pending);
  }
  if (balance.status === "fulfilled" && balance.value !== undefined) {
    gauges.signerBalance(Number(formatEther(balance.value)));
  }
}

function setStatus({ system }: Api, gauges: Gauges, status: Status): void {
  const { latest, active, currentEpoch, nextEpoch, timestamp } = status;
  gauges.headBlock(Number(status.blockNumber));
  gauges.currentEpoch(currentEpoch);
  gauges.rootVetoed(latest?.vetoed ? 1 : 0);
  gauges.epochsDue(Math.max(0, currentEpoch - nextEpoch));
  if (latest !== undefined) gauges.lastEpoch(latest.epoch);
  if (active !== undefined) {
    gauges.epochAge(Number(timestamp - epochBounds(system, active.epoch).end));
  }
  gauges.lastRoot(
    latest && {
      epoch: latest.epoch,
      status: latest.vetoed ? "vetoed" : latest.active ? "active" : "pending",
      root: latest.root,
    },
  );
  gauges.funds(Number(formatEther(status.funds)));
  gauges.shortfall(Number(formatEther(status.shortfall)));
  gauges.runway(status.runway ?? Number.POSITIVE_INFINITY);
}
