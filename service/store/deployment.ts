// SPDX-License-Identifier: AGPL-3.0-only
import type { Selectable } from "kysely";
import type { Address, Hex } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import type { Tables } from "./tables.ts";

/** Names a deployment, with its contracts and the clock that its epochs are counted by: nothing of it ever changes. */
export interface DeploymentKey {
  readonly chainId: bigint;
  readonly distributor: Address;
  readonly registry: Address;
  readonly market: Address;
  /** The first block whose logs are read. */
  readonly startBlock: bigint;
  readonly clockStart: bigint;
  readonly epochLength: bigint;
  /** Seconds from an exit's request until it is due, and those in which a reward vests. */
  readonly unbondingDelay: bigint;
  readonly vestingPeriod: bigint;
}

/** A deployment in a database; several may share one. */
export interface Deployment extends DeploymentKey {
  readonly id: number;
}

/** The last block whose logs are in the database. */
export interface Position {
  readonly block: bigint;
  readonly hash: Hex;
  readonly time: bigint;
  /** The last block at which the logs were checked against the contracts' state. */
  readonly checked: bigint | undefined;
}

/** Finds the deployment's rows, or enters it. */
export async function openDeployment(database: Database, key: DeploymentKey): Promise<Deployment> {
  const { chainId, distributor, registry, market, startBlock, clockStart, epochLength } = key;
  const { unbondingDelay, vestingPeriod } = key;
  const find = (sql: Sql) =>
    sql
      .selectFrom("deployments")
      .select("id")
      .where("chain_id", "=", String(chainId))
      .where("distributor", "=", distributor)
      .executeTakeFirst();
  const known = await database.read(find);
  const { id } = known ?? (await database.write(enter));
  const clock = { startBlock, clockStart, epochLength };
  return { id, chainId, distributor, registry, market, ...clock, unbondingDelay, vestingPeriod };

  async function enter(sql: Sql): Promise<{ id: number }> {
    for (;;) {
      const { last } = await sql
        .selectFrom("deployments")
        .select(({ fn }) => fn.max("id").as("last"))
        .executeTakeFirstOrThrow();
      await sql
        .insertInto("deployments")
        .values({
          id: (last ?? 0) + 1,
          chain_id: String(chainId),
          distributor,
          registry,
          market,
          clock_start: Number(clockStart),
          epoch_length: Number(epochLength),
          start_block: Number(startBlock),
        })
        // Another process may have been faster, with this deployment or with the number.
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const entered = await find(sql);
      if (entered !== undefined) return entered;
    }
  }
}

/** Undefined before the first page. */
export async function readPosition(
  database: Database,
  deployment: Deployment,
): Promise<Position | undefined> {
  return database.read((sql) => positionIn(sql, deployment));
}

/** The same within a transaction. */
export async function positionIn(sql: Sql, { id }: Deployment): Promise<Position | undefined> {
  const row = await sql
    .selectFrom("deployments")
    .select(POSITION)
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return asPosition(row);
}

/**
 * The same for whoever is about to change it: a second writer waits here until the first is done. An update of the row
 * locks it in every kind of database.
 */
export async function lockPosition(sql: Sql, { id }: Deployment): Promise<Position | undefined> {
  const row = await sql
    .updateTable("deployments")
    .set((of) => ({ synced_block: of.ref("synced_block") }))
    .where("id", "=", id)
    .returning(POSITION)
    .executeTakeFirstOrThrow();
  return asPosition(row);
}

/** Moves it, within the action that locked it. */
export async function movePosition(sql: Sql, { id }: Deployment, to: Position | undefined): Promise<void> {
  await sql
    .updateTable("deployments")
    .set({
      synced_block: to === undefined ? null : Number(to.block),
      synced_hash: to?.hash ?? null,
      synced_time: to === undefined ? null : Number(to.time),
      checked_block: to?.checked === undefined ? null : Number(to.checked),
    })
    .where("id", "=", id)
    .execute();
}

const POSITION = ["synced_block", "synced_hash", "synced_time", "checked_block"] as const;

function asPosition(
  row: Pick<Selectable<Tables["deployments"]>, (typeof POSITION)[number]>,
): Position | undefined {
  if (row.synced_block === null) return undefined;
  return {
    block: BigInt(row.synced_block),
    hash: row.synced_hash as Hex,
    time: BigInt(row.synced_time as number),
    checked: row.checked_block === null ? undefined : BigInt(row.checked_block),
  };
}
