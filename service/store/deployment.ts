// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";

/** Names a deployment, with the clock that its epochs are counted by. */
export interface DeploymentKey {
  readonly chainId: bigint;
  readonly distributor: Address;
  readonly clockStart: bigint;
  readonly epochLength: bigint;
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
  const { chainId, distributor, clockStart, epochLength } = key;
  const find = (sql: Sql) =>
    sql
      .selectFrom("deployments")
      .select("id")
      .where("chain_id", "=", String(chainId))
      .where("distributor", "=", distributor)
      .executeTakeFirst();
  const known = await database.read(find);
  const { id } = known ?? (await database.write(enter));
  return { id, chainId, distributor, clockStart, epochLength };

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
          clock_start: Number(clockStart),
          epoch_length: Number(epochLength),
        })
        // Another process may have been faster, with this deployment or with the number.
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      const entered = await find(sql);
      if (entered !== undefined) return entered;
    }
  }
}

export async function readPosition(
  database: Database,
  deployment: Deployment,
): Promise<Position | undefined> {
  return database.read((sql) => positionIn(sql, deployment));
}

export async function positionIn(sql: Sql, { id }: Deployment): Promise<Position | undefined> {
  const row = await sql
    .selectFrom("deployments")
    .select(["synced_block", "synced_hash", "synced_time", "checked_block"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  if (row.synced_block === null) return undefined;
  return {
    block: BigInt(row.synced_block),
    hash: row.synced_hash as Hex,
    time: BigInt(row.synced_time as number),
    checked: row.checked_block === null ? undefined : BigInt(row.checked_block),
  };
}
