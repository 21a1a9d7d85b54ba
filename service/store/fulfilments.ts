// SPDX-License-Identifier: AGPL-3.0-only
import { decodeLogs, eachFulfilment, type FulfilmentWords } from "../core/decode-logs.ts";
import type { Served } from "../core/requesters.ts";
import type { Sql } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { startOf } from "./epochs.ts";
import { pagesFrom } from "./pages.ts";
import { isFromItsContract } from "./sources.ts";

/**
 * An epoch's fulfilments in chain order, from the pages of logs: by requester nothing is kept beside them, because only
 * a policy with campaigns, or a look at who asks, needs it. The cost is that of the epoch's logs.
 */
export async function* fulfilmentsIn(
  sql: Sql,
  deployment: Deployment,
  epoch: number,
): AsyncGenerator<Served> {
  for await (const logs of pagesOver(sql, deployment, epoch)) {
    for (const logged of decodeLogs(logs)) {
      const { event } = logged;
      if (
        event.name !== "Fulfilled" ||
        !isFromItsContract(deployment, logged) ||
        event.epoch !== BigInt(epoch)
      )
        continue;
      const { prover, requester, statementId, fee, protocolFee, weight, countedWeight, timestamp } = event;
      yield { prover, requester, statementId, fee, protocolFee, weight, countedWeight, timestamp };
    }
  }
}

/** The same as words, each until the next one is looked at. */
export async function lookAtFulfilments(
  sql: Sql,
  deployment: Deployment,
  epoch: number,
  look: (fulfilment: FulfilmentWords) => void,
): Promise<void> {
  const { market } = deployment;
  for await (const logs of pagesOver(sql, deployment, epoch)) eachFulfilment(logs, { market, epoch }, look);
}

async function* pagesOver(sql: Sql, deployment: Deployment, epoch: number): AsyncGenerator<Uint8Array> {
  const start = startOf(deployment, epoch);
  const end = start + deployment.epochLength;
  for await (const { logs, last_time } of pagesFrom(sql, deployment, start, "logs only")) {
    yield new Uint8Array(logs);
    if (BigInt(last_time) >= end) return;
  }
}
