// SPDX-License-Identifier: AGPL-3.0-only
import type { DistributorHistory, PostLog, SegmentLog } from "../core/distributor-history.ts";
import type { Hex } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import type { Deployment } from "./deployment.ts";

/** The distributor's segments and posts, up to the synced block. */
export function readHistory(database: Database, deployment: Deployment): Promise<DistributorHistory> {
  return database.read((sql) => historyIn(sql, deployment));
}

async function historyIn(sql: Sql, deployment: Deployment): Promise<DistributorHistory> {
  return { segments: await segmentsIn(sql, deployment), posts: await postsIn(sql, deployment) };
}

/** In the order in which they were set. */
export async function segmentsIn(sql: Sql, { id }: Deployment): Promise<SegmentLog[]> {
  const rows = await sql
    .selectFrom("segments")
    .selectAll()
    .where("deployment", "=", id)
    .orderBy("number")
    .execute();
  return rows.map(({ from_epoch, budget, policy_hash, policy }) => ({
    fromEpoch: BigInt(from_epoch),
    budget: BigInt(budget),
    policyHash: policy_hash as Hex,
    policy: new Uint8Array(policy),
  }));
}

/** In the order of their numbers, vetoed ones included. */
export async function postsIn(sql: Sql, { id }: Deployment): Promise<PostLog[]> {
  const rows = await sql
    .selectFrom("posts")
    .selectAll()
    .where("deployment", "=", id)
    .orderBy("number")
    .execute();
  return rows.map((row) => ({
    epoch: row.epoch,
    postNumber: BigInt(row.number),
    root: row.root as Hex,
    total: BigInt(row.total),
    datasetHash: row.dataset_hash as Hex,
    snapshotBlock: BigInt(row.snapshot_block),
    snapshotHash: row.snapshot_hash as Hex,
    claimableAt: BigInt(row.claimable_at),
    quorum: row.quorum,
    vetoed: row.vetoed_in !== null,
  }));
}
