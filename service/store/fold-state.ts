// SPDX-License-Identifier: AGPL-3.0-only
import type { AuctionEvent, Logged, LoggedEvent, StakeEvent } from "../core/chain-event.ts";
import type { Address } from "../core/types.ts";
import type { Sql } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import { epochOf } from "./epochs.ts";
import type { ActivityState } from "./fold-activity.ts";
import type { RecordState } from "./fold-records.ts";
import { pairOf, type StakeState } from "./fold-stakes.ts";
import {
  findNumbers,
  lastClaims,
  lastCommissions,
  lastPost,
  lastRegistration,
  latestActivity,
  latestStakes,
  readAccumulators,
  readCounts,
} from "./latest.ts";

/** What the fold of these logs starts from: of everything that they name, the last that is stored. */
export async function loadFoldState(
  sql: Sql,
  deployment: Deployment,
  events: readonly LoggedEvent[],
  stakes: readonly Logged<StakeEvent>[] = [],
  auctions: readonly Logged<AuctionEvent>[] = [],
): Promise<RecordState & ActivityState> {
  const named = namesIn(deployment, events);
  for (const { address, event } of stakes) {
    if (event.name === "ProverStateChanged") named.provers.add(event.prover);
    else if (address !== deployment.distributor) named.vaults.add(address);
  }
  for (const { event } of auctions) if (event.name === "BondForfeited") named.provers.add(event.prover);
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

/** The same of what holders do: `vaults` are the provers' numbers by their vaults. */
export async function loadStakeState(
  sql: Sql,
  deployment: Deployment,
  stakes: readonly Logged<StakeEvent>[],
  vaults: ReadonlyMap<Address, number>,
): Promise<StakeState> {
  const holders = new Set<Address>();
  const holdings = new Map<string, readonly [Address, number]>();
  const exits = new Map<string, readonly [Address, number]>();
  const add = (to: Map<string, readonly [Address, number]>, address: Address, vault: Address) => {
    // A vault that registers among these logs has no past.
    const prover = vaults.get(vault);
    if (prover !== undefined) to.set(pairOf(address, prover), [address, prover]);
  };
  for (const { address, event } of stakes) {
    if (event.name === "ExitPriced") add(exits, event.controller, address);
    const named =
      event.name === "Transfer"
        ? [event.from, event.to]
        : event.name === "Withdraw"
          ? [event.controller]
          : [];
    for (const holder of named) {
      holders.add(holder);
      add(holdings, holder, address);
    }
  }
  const pairs = { holdings: [...holdings.values()], exits: [...exits.values()] };
  return latestStakes(sql, deployment, { holders: [...holders], ...pairs });
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
