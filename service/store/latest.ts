// SPDX-License-Identifier: AGPL-3.0-only
import type { Selectable } from "kysely";
import { postHash } from "../core/ids.ts";
import { domainOf } from "../core/leaf.ts";
import type { Vesting } from "../core/share-price.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Sql } from "./database.ts";
import type { Deployment } from "./deployment.ts";
import type { Accumulator, EpochActivity, Income } from "./fold-activity.ts";
import type { ClaimState, CommissionState, PostState } from "./fold-records.ts";
import { type Holding, holdingFrom, pairOf, type StakeState } from "./fold-stakes.ts";
import { lastOf } from "./last-row.ts";
import { portions } from "./rows.ts";
import type { Tables } from "./tables.ts";

// The last of everything that the next logs continue. Each takes one step into an index for each prover or epoch asked
// for, however long the history is.

/** The provers that have one of these addresses, or one of these vaults. */
export async function findNumbers(
  sql: Sql,
  { id: deployment }: Deployment,
  named: { readonly provers: readonly Address[]; readonly vaults: readonly Address[] },
): Promise<{ provers: Map<Address, number>; vaults: Map<Address, number> }> {
  const found = { provers: new Map<Address, number>(), vaults: new Map<Address, number>() };
  for (const column of ["prover", "vault"] as const) {
    for (const addresses of portions(named[`${column}s`], 1)) {
      const rows = await sql
        .selectFrom("provers")
        .select(["id", "prover", "vault"])
        .where("deployment", "=", deployment)
        .where(column, "in", addresses)
        .execute();
      for (const { id, prover, vault } of rows) {
        found.provers.set(prover as Address, id);
        found.vaults.set(vault as Address, id);
      }
    }
  }
  return found;
}

/** How many of each kind there are: their numbers follow each other, posts' from 1 on. */
export async function readCounts(
  sql: Sql,
  { id: deployment }: Deployment,
): Promise<{ provers: number; segments: number; posts: number }> {
  const { prover, segment, post } = await sql
    .selectNoFrom(({ selectFrom }) => [
      selectFrom("provers")
        .select(({ fn }) => fn.max("id").as("last"))
        .where("deployment", "=", deployment)
        .as("prover"),
      selectFrom("segments")
        .select(({ fn }) => fn.max("number").as("last"))
        .where("deployment", "=", deployment)
        .as("segment"),
      selectFrom("posts")
        .select(({ fn }) => fn.max("number").as("last"))
        .where("deployment", "=", deployment)
        .as("post"),
    ])
    .executeTakeFirstOrThrow();
  return { provers: (prover ?? -1) + 1, segments: (segment ?? -1) + 1, posts: post ?? 0 };
}

/** The rolling hash of all registrations. */
export async function lastRegistration(sql: Sql, { id: deployment }: Deployment): Promise<bigint> {
  const last = await sql
    .selectFrom("provers")
    .select("rolling_hash")
    .where("deployment", "=", deployment)
    .orderBy("id", "desc")
    .limit(1)
    .executeTakeFirst();
  return BigInt(last?.rolling_hash ?? 0);
}

/** The latest post, and the rolling hash of all posts and vetoes: both are the domain before the first. */
export async function lastPost(sql: Sql, deployment: Deployment): Promise<PostState> {
  const last = await sql
    .selectFrom("posts")
    .selectAll()
    .where("deployment", "=", deployment.id)
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) {
    const domain = domainOf(deployment.chainId, deployment.distributor);
    return { epoch: 0n, root: domain, hash: domain, rollingHash: domain, vetoed: false };
  }
  const hash = postHash({
    epoch: BigInt(last.epoch),
    postNumber: BigInt(last.number),
    root: last.root as Hex,
    cumulativeTotal: BigInt(last.total),
    datasetHash: last.dataset_hash as Hex,
    snapshotBlock: BigInt(last.snapshot_block),
    snapshotHash: last.snapshot_hash as Hex,
  });
  return {
    epoch: BigInt(last.epoch),
    root: last.root as Hex,
    hash,
    rollingHash: (last.veto_rolling_hash ?? last.rolling_hash) as Hex,
    vetoed: last.vetoed_in !== null,
  };
}

/** Each of these provers' latest activity; whoever has none is left out. */
export async function latestActivity(
  sql: Sql,
  { id: deployment }: Deployment,
  provers: readonly number[],
): Promise<Map<number, EpochActivity>> {
  const found = new Map<number, EpochActivity>();
  for (const ids of portions(provers, 1)) {
    const rows = await sql
      .selectFrom("provers")
      .innerJoin("epoch_activity", (join) =>
        join
          .onRef("epoch_activity.deployment", "=", "provers.deployment")
          .onRef("epoch_activity.prover", "=", "provers.id")
          .on("epoch_activity.epoch", "=", lastOf("epoch_activity", "epoch")),
      )
      .selectAll("epoch_activity")
      .where("provers.deployment", "=", deployment)
      .where("provers.id", "in", ids)
      .execute();
    for (const row of rows) found.set(row.prover, activityFrom(row));
  }
  return found;
}

function activityFrom(row: Selectable<Tables["epoch_activity"]>): EpochActivity {
  return {
    epoch: row.epoch,
    fulfilments: row.fulfilments,
    misses: row.misses,
    work: BigInt(row.work),
    fees: BigInt(row.fees),
    protocolFees: BigInt(row.protocol_fees),
    vault: {
      active: BigInt(row.active),
      activeSeconds: BigInt(row.active_seconds),
      rollingHash: row.rolling_hash as Hex,
      changedAt: row.changed_at,
      changedIn: row.changed_in,
      shares: BigInt(row.shares),
      vesting: vestingFrom(row.vesting),
    },
    income: incomeFrom(row.income),
  };
}

/** As `vestingText` writes it. */
export function vestingFrom(text: string): Vesting {
  const [unvested, at, end, deserted] = text.split(",").map(BigInt) as [bigint, bigint, bigint, bigint];
  return { unvested, at, end, deserted: deserted !== 0n };
}

/** As `incomeText` writes it. */
export function incomeFrom(text: string): Income {
  const [fees, feeCommission, other, slashed] = text.split(",").map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { fees, feeCommission, other, slashed };
}

/** Each of these provers' last commission change; whoever has none is left out. */
export async function lastCommissions(
  sql: Sql,
  { id: deployment }: Deployment,
  provers: readonly number[],
): Promise<Map<number, CommissionState>> {
  const found = new Map<number, CommissionState>();
  for (const ids of portions(provers, 1)) {
    const rows = await sql
      .selectFrom("provers")
      .innerJoin("commissions", (join) =>
        join
          .onRef("commissions.deployment", "=", "provers.deployment")
          .onRef("commissions.prover", "=", "provers.id")
          .on("commissions.sequence", "=", lastOf("commissions", "sequence")),
      )
      .select(["commissions.prover", "commissions.sequence", "commissions.rolling_hash"])
      .where("provers.deployment", "=", deployment)
      .where("provers.id", "in", ids)
      .execute();
    for (const row of rows) found.set(row.prover, { sequence: row.sequence, hash: row.rolling_hash as Hex });
  }
  return found;
}

/** Each of these provers' last claim; whoever has none is left out. */
export async function lastClaims(
  sql: Sql,
  { id: deployment }: Deployment,
  provers: readonly number[],
): Promise<Map<number, ClaimState>> {
  const found = new Map<number, ClaimState>();
  for (const ids of portions(provers, 1)) {
    const rows = await sql
      .selectFrom("provers")
      .innerJoin("claims", (join) =>
        join
          .onRef("claims.deployment", "=", "provers.deployment")
          .onRef("claims.prover", "=", "provers.id")
          .on("claims.number", "=", lastOf("claims", "number")),
      )
      .select(["claims.prover", "claims.number", "claims.cumulative", "claims.commission"])
      .where("provers.deployment", "=", deployment)
      .where("provers.id", "in", ids)
      .execute();
    for (const { prover, number, cumulative, commission } of rows) {
      found.set(prover, { number, cumulative: BigInt(cumulative), commission: BigInt(commission) });
    }
  }
  return found;
}

type Pair = readonly [address: Address, prover: number];

/** How many moves these holders have made, what they have of these vaults, and how many exits were asked for there. */
export async function latestStakes(
  sql: Sql,
  { id: deployment }: Deployment,
  named: {
    readonly holders: readonly Address[];
    readonly holdings: readonly Pair[];
    readonly exits: readonly Pair[];
  },
): Promise<StakeState> {
  const holdings = new Map<string, Holding>();
  const moves = new Map<Address, number>();
  const exits = new Map<string, number>();
  for (const pairs of portions(named.holdings, 2)) {
    const rows = await sql
      .selectFrom("moves as own")
      .select(["holder", "prover", "held", "put_in", "taken_out"])
      .where("deployment", "=", deployment)
      .where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple("holder", "prover"),
          "in",
          pairs.map((pair) => tuple(...pair)),
        ),
      )
      .where("number", "=", ({ selectFrom }) =>
        selectFrom("moves as last")
          .select(({ fn }) => fn.max("last.number").as("number"))
          .where("last.deployment", "=", deployment)
          .whereRef("last.holder", "=", "own.holder")
          .whereRef("last.prover", "=", "own.prover"),
      )
      .execute();
    for (const row of rows) holdings.set(pairOf(row.holder as Address, row.prover), holdingFrom(row));
  }
  for (const holders of portions(named.holders, 1)) {
    const rows = await sql
      .selectFrom("moves")
      .select(["holder", ({ fn }) => fn.max("number").as("number")])
      .where("deployment", "=", deployment)
      .where("holder", "in", holders)
      .groupBy("holder")
      .execute();
    for (const { holder, number } of rows) moves.set(holder as Address, number);
  }
  for (const pairs of portions(named.exits, 2)) {
    const rows = await sql
      .selectFrom("exits")
      .select(["controller", "prover", ({ fn }) => fn.max("number").as("number")])
      .where("deployment", "=", deployment)
      .where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple("controller", "prover"),
          "in",
          pairs.map((pair) => tuple(...pair)),
        ),
      )
      .groupBy(["controller", "prover"])
      .execute();
    for (const row of rows) exits.set(pairOf(row.controller as Address, row.prover), row.number);
  }
  return { holdings, moves, exits };
}

/** Both accumulators of these epochs; nothing of an epoch where nothing was counted. */
export async function readAccumulators(
  sql: Sql,
  { id: deployment }: Deployment,
  epochs: readonly number[],
): Promise<{ fulfilments: Map<number, Accumulator>; misses: Map<number, Accumulator> }> {
  const found = { fulfilments: new Map<number, Accumulator>(), misses: new Map<number, Accumulator>() };
  for (const some of portions(epochs, 1)) {
    const rows = await sql
      .selectFrom("epochs")
      .selectAll()
      .where("deployment", "=", deployment)
      .where("epoch", "in", some)
      .execute();
    for (const row of rows) {
      found.fulfilments.set(row.epoch, { count: row.fulfilments, hash: row.fulfilment_accumulator as Hex });
      found.misses.set(row.epoch, { count: row.misses, hash: row.miss_accumulator as Hex });
    }
  }
  return found;
}
