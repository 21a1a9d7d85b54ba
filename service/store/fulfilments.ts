// SPDX-License-Identifier: AGPL-3.0-only
import { decodeLogs } from "../core/decode-logs.ts";
import type { Served } from "../core/requesters.ts";
import type { Sql } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { startOf } from "./epochs.ts";
import { counts } from "./sources.ts";

/**
 * An epoch's fulfilments in chain order, from the pages of logs: by requester nothing is kept beside them, because only
 * a policy with campaigns, or a look at who asks, needs it. The cost is that of the epoch's logs.
 */
export async function* fulfilmentsIn(
  sql: Sql,
  deployment: Deployment,
  epoch: number,
): AsyncGenerator<Served> {
  const start = startOf(deployment, epoch);
  const end = start + deployment.epochLength;
  for (let from = -1, time = 0n; time < end; ) {
    const page = await sql
      .selectFrom("pages")
      .select(["last_block", "last_time", "logs"])
      .where("deployment", "=", deployment.id)
      .where("last_time", ">=", Number(start))
      .where("last_block", ">", from)
      .orderBy("last_block")
      .limit(1)
      .executeTakeFirst();
    if (page === undefined) break;
    from = page.last_block;
    time = BigInt(page.last_time);
    for (const logged of decodeLogs(new Uint8Array(page.logs))) {
      const { event } = logged;
      if (event.name !== "Fulfilled" || !counts(deployment, logged) || event.epoch !== BigInt(epoch))
        continue;
      const { prover, requester, statementId, fee, protocolFee, weight, countedWeight, timestamp } = event;
      yield { prover, requester, statementId, fee, protocolFee, weight, countedWeight, timestamp };
    }
  }
}
