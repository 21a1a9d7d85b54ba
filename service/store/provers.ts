// SPDX-License-Identifier: AGPL-3.0-only
import type { Selectable } from "kysely";
import type { Address } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import { type Deployment, type Position, positionIn } from "./deployment.ts";
import type { Tables } from "./tables.ts";

/** What a prover did in one epoch, up to the synced block if that epoch still runs. */
interface Activity {
  readonly epoch: number;
  readonly fulfilments: number;
  readonly misses: number;
  /** Of what was fulfilled or missed, in basis points, rounded down; null if there was nothing. */
  readonly onTimeBps: number | null;
  readonly work: bigint;
  readonly fees: bigint;
  readonly protocolFees: bigint;
  /** The vault's active assets, time-weighted over the epoch, or over what has passed of it. */
  readonly stake: bigint;
}

export interface ProverRecord {
  readonly prover: Address;
  readonly vault: Address;
  readonly registeredAt: bigint;
  /** The vault's active assets at the synced block. */
  readonly active: bigint;
  /** In all epochs. */
  readonly fulfilments: number;
  readonly misses: number;
  readonly onTimeBps: number | null;
  /** The latest epochs, the running one first. */
  readonly activity: readonly Activity[];
}

export interface ProverPage {
  /** Undefined if nothing was synced yet. */
  readonly synced: Position | undefined;
  /** In ascending order of their addresses. */
  readonly provers: readonly ProverRecord[];
  /** Give it as `after` for the next page; undefined after the last one. */
  readonly next: Address | undefined;
}

export interface ListProversParams {
  readonly limit: number;
  readonly after?: Address | undefined;
  /** How many epochs of activity each comes with. */
  readonly epochs: number;
}

/** A page of provers by address, each with its latest epochs. */
export async function listProvers(
  database: Database,
  deployment: Deployment,
  { limit, after, epochs }: ListProversParams,
): Promise<ProverPage> {
  return database.read(async (sql) => {
    const rows = await sql
      .selectFrom("provers")
      .selectAll()
      .where("deployment", "=", deployment.id)
      .$if(after !== undefined, (query) => query.where("prover", ">", after as Address))
      .orderBy("prover")
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    const synced = await positionIn(sql, deployment);
    const provers = await recordsOf(sql, deployment, synced, page, epochs);
    return { synced, provers, next: rows.length > limit ? provers.at(-1)?.prover : undefined };
  });
}

/** Undefined if nobody with this address is registered. */
export async function findProver(
  database: Database,
  deployment: Deployment,
  { prover, epochs }: { readonly prover: Address; readonly epochs: number },
): Promise<ProverRecord | undefined> {
  return database.read(async (sql) => {
    const rows = await sql
      .selectFrom("provers")
      .selectAll()
      .where("deployment", "=", deployment.id)
      .where("prover", "=", prover)
      .execute();
    const [record] = await recordsOf(sql, deployment, await positionIn(sql, deployment), rows, epochs);
    return record;
  });
}

type ProverRow = Selectable<Tables["provers"]>;
type ActivityRow = Selectable<Tables["epoch_activity"]>;

async function recordsOf(
  sql: Sql,
  deployment: Deployment,
  synced: Position | undefined,
  provers: readonly ProverRow[],
  epochs: number,
): Promise<ProverRecord[]> {
  if (provers.length === 0 || synced === undefined) return [];
  const last = Math.max(0, Number((synced.time - deployment.clockStart) / deployment.epochLength));
  const first = Math.max(0, last - epochs + 1);
  const ids = provers.map(({ id }) => id);
  const totals = await sql
    .selectFrom("epoch_activity")
    .select(["prover", ({ fn }) => fn.sum<number>("fulfilments").as("fulfilments")])
    .select(({ fn }) => [fn.sum<number>("misses").as("misses"), fn.max("epoch").as("last")])
    .where("deployment", "=", deployment.id)
    .where("prover", "in", ids)
    .groupBy("prover")
    .execute();
  const rows = await sql
    .selectFrom("epoch_activity as own")
    .selectAll()
    .where("deployment", "=", deployment.id)
    .where("prover", "in", ids)
    // What a vault held when the first of these epochs began is in the last row before it.
    .where("epoch", ">=", ({ selectFrom }) =>
      selectFrom("epoch_activity as earlier")
        .select(({ fn, lit }) => fn.coalesce(fn.max("earlier.epoch"), lit(-1)).as("epoch"))
        .where("earlier.deployment", "=", deployment.id)
        .whereRef("earlier.prover", "=", "own.prover")
        .where("earlier.epoch", "<", first),
    )
    .orderBy("epoch")
    .execute();
  const totalsBy = new Map(totals.map((row) => [row.prover, row]));
  const activityBy = new Map<number, ActivityRow[]>(ids.map((id) => [id, []]));
  for (const row of rows) activityBy.get(row.prover)?.push(row);
  return provers.map((row) => {
    const { fulfilments = 0, misses = 0 } = totalsBy.get(row.id) ?? {};
    const own = activityBy.get(row.id) ?? [];
    const activity: Activity[] = [];
    for (let epoch = last; epoch >= first; epoch--) activity.push(activityOf(deployment, synced, own, epoch));
    return {
      prover: row.prover as Address,
      vault: row.vault as Address,
      registeredAt: BigInt(row.registered_at),
      active: BigInt(own.at(-1)?.active ?? 0),
      ...onTime(Number(fulfilments), Number(misses)),
      activity,
    };
  });
}

function activityOf(
  { clockStart, epochLength }: Deployment,
  synced: Position,
  rows: readonly ActivityRow[],
  epoch: number,
): Activity {
  const row = rows.find((candidate) => candidate.epoch === epoch);
  const start = clockStart + BigInt(epoch) * epochLength;
  const end = start + epochLength < synced.time ? start + epochLength : synced.time;
  const held = assetsSum(rows, epoch, end) - assetsSum(rows, epoch - 1, start);
  return {
    epoch,
    ...onTime(row?.fulfilments ?? 0, row?.misses ?? 0),
    work: BigInt(row?.work ?? 0),
    fees: BigInt(row?.fees ?? 0),
    protocolFees: BigInt(row?.protocol_fees ?? 0),
    stake: end > start ? held / (end - start) : 0n,
  };
}

/** Σ active·seconds up to `time`, which the vault's last change up to the end of `epoch` decides. */
function assetsSum(rows: readonly ActivityRow[], epoch: number, time: bigint): bigint {
  const row = rows.findLast((candidate) => candidate.epoch <= epoch);
  if (row === undefined) return 0n;
  return BigInt(row.active_seconds) + BigInt(row.active) * (time - BigInt(row.changed_at));
}

function onTime(fulfilments: number, misses: number) {
  const due = fulfilments + misses;
  return { fulfilments, misses, onTimeBps: due === 0 ? null : Math.floor((10_000 * fulfilments) / due) };
}
