// SPDX-License-Identifier: AGPL-3.0-only
import type { LoggedEvent } from "../core/chain-event.ts";
import type { Address } from "../core/types.ts";
import type { Sql } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { epochOf } from "./epochs.ts";
import type { ActivityState } from "./fold-activity.ts";
import type { RecordState } from "./fold-records.ts";
import {
  findNumbers,
  lastClaims,
  lastCommissions,
  lastPost,
  lastRegistration,
  latestActivity,
  readAccumulators,
  readCounts,
} from "./latest.ts";

/** What the fold of these logs starts from: of everything that they name, the last that is stored. */
export async function loadFoldState(
  sql: Sql,
  deployment: Deployment,
  events: readonly LoggedEvent[],
): Promise<RecordState & ActivityState> {
  const named = namesIn(deployment, events);
  const { provers, vaults } = await findNumbers(sql, deployment, {
    provers: [...named.provers],
    vaults: [...named.vaults],
  });
  const numbers = (addresses: ReadonlySet<Address>) =>
    Array.from(addresses, (address) => provers.get(address)).filter((number) => number !== undefined);
  return {
    provers,
    vaults,
    counts: await readCounts(sql, deployment),
    registered: await lastRegistration(sql, deployment),
    posted: await lastPost(sql, deployment),
    latest: await latestActivity(sql, deployment, [...provers.values()]),
    commissions: await lastCommissions(sql, deployment, numbers(named.commissions)),
    claims: await lastClaims(sql, deployment, numbers(named.claims)),
    ...(await readAccumulators(sql, deployment, [...named.epochs])),
  };
}

/** Provers of all events, and those of some; vaults; the epochs of fulfilments, and of the deadlines of misses. */
interface Names {
  readonly provers: Set<Address>;
  readonly commissions: Set<Address>;
  readonly claims: Set<Address>;
  readonly vaults: Set<Address>;
  readonly epochs: Set<number>;
}

function namesIn(deployment: Deployment, events: readonly LoggedEvent[]): Names {
  const names: Names = {
    provers: new Set(),
    commissions: new Set(),
    claims: new Set(),
    vaults: new Set(),
    epochs: new Set(),
  };
  for (const { address, event } of events) {
    switch (event.name) {
      case "ProverRegistered":
        names.vaults.add(event.vault);
        break;
      case "CommissionChanged":
        names.commissions.add(event.prover);
        break;
      case "Claimed":
        names.claims.add(event.prover);
        break;
      case "Fulfilled":
        names.epochs.add(epochOf(deployment, event.timestamp));
        break;
      case "Missed":
        names.epochs.add(epochOf(deployment, event.deadline));
        break;
      case "ActiveAssetsChanged":
        names.vaults.add(address);
        break;
    }
    if ("prover" in event) names.provers.add(event.prover);
  }
  return names;
}
