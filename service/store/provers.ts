// SPDX-License-Identifier: AGPL-3.0-only
import type { Selectable } from "kysely";
import { type Priced, sharePriceOf } from "../core/share-price.ts";
import type { Address } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import { type Deployment, type Position, positionIn } from "./deployment.ts";
import { epochOf } from "./epochs.ts";
import type { Income } from "./fold-activity.ts";
import { incomeFrom, vestingFrom } from "./latest.ts";
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
  /** The epoch's end, or the time of the synced block if it still runs; active assets and share price are those then. */
  readonly at: bigint;
  readonly running: boolean;
  readonly active: bigint;
  /** What 10^18 shares were worth; undefined if there were none. */
  readonly sharePrice: bigint | undefined;
  readonly income: Income & Claimed;
}

/** What the foundation's rewards brought by claims in an epoch: to stakers, and to the prover. */
interface Claimed {
  readonly rewards: bigint;
  readonly rewardCommission: bigint;
}

export interface ProverRecord {
  /** Counted from 0 in the order of registration. */
  readonly id: number;
  readonly prover: Address;
  readonly vault: Address;
  readonly registeredAt: bigint;
  /** The vault's active assets at the synced block. */
  readonly active: bigint;
  /** What 10^18 shares are worth at the synced block; undefined if there are none. */
  readonly sharePrice: bigint | undefined;
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
    const provers = await recordsOf(sql, deployment, synced, page, { epochs });
    return { synced, provers, next: rows.length > limit ? provers.at(-1)?.prover : undefined };
  });
}

/** What came into these provers' vaults, epoch by epoch. */
export function readIncomes(
  database: Database,
  deployment: Deployment,
  ids: readonly number[],
): Promise<Map<number, (Income & Claimed & { readonly epoch: number })[]>> {
  return database.read(async (sql) => {
    const found = new Map(ids.map((id) => [id, [] as (Income & Claimed & { readonly epoch: number })[]]));
    if (ids.length === 0) return found;
    const rows = await sql
      .selectFrom("epoch_activity")
      .select(["prover", "epoch", "income"])
      .where("deployment", "=", deployment.id)
      .where("prover", "in", ids)
      .execute();
    const claimed = await claimedBy(sql, deployment, ids);
    for (const { prover, epoch, income } of rows) {
      found.get(prover)?.push({ epoch, ...incomeFrom(income), ...NOTHING_CLAIMED });
    }
    const idle = incomeFrom("0,0,0,0");
    for (const [key, paid] of claimed) {
      const [prover, epoch] = key.split(" ").map(Number) as [number, number];
      found.get(prover)?.push({ epoch, ...idle, ...paid });
    }
    return found;
  });
}

/** These provers in their order, each with its latest epochs. */
export function readProvers(
  database: Database,
  deployment: Deployment,
  { ids, epochs }: { readonly ids: readonly number[]; readonly epochs: number },
): Promise<ProverRecord[]> {
  return database.read(async (sql) => {
    if (ids.length === 0) return [];
    const rows = await sql
      .selectFrom("provers")
      .selectAll()
      .where("deployment", "=", deployment.id)
      .where("id", "in", ids)
      .execute();
    const by = new Map(rows.map((row) => [row.id, row]));
    const page = ids.flatMap((id) => by.get(id) ?? []);
    return recordsOf(sql, deployment, await positionIn(sql, deployment), page, { epochs });
  });
}

/** Undefined if nobody with this address is registered. */
export async function findProver(
  database: Database,
  deployment: Deployment,
  {
    prover,
    epochs,
    before,
  }: {
    readonly prover: Address;
    readonly epochs: number;
    /** Of epochs below this one. */
    readonly before?: number | undefined;
  },
): Promise<ProverRecord | undefined> {
  return database.read(async (sql) => {
    const rows = await sql
      .selectFrom("provers")
      .selectAll()
      .where("deployment", "=", deployment.id)
      .where("prover", "=", prover)
      .execute();
    const [record] = await recordsOf(sql, deployment, await positionIn(sql, deployment), rows, {
      ...{ epochs, before },
    });
    return record;
  });
}

/** A prover's number; undefined if nobody with this address is registered. */
export function findNumber(
  database: Database,
  { id }: Deployment,
  prover: Address,
): Promise<number | undefined> {
  return database.read(async (sql) => {
    const row = await sql
      .selectFrom("provers")
      .select("id")
      .where("deployment", "=", id)
      .where("prover", "=", prover)
      .executeTakeFirst();
    return row?.id;
  });
}

type ProverRow = Selectable<Tables["provers"]>;
type ActivityRow = Selectable<Tables["epoch_activity"]>;

async function recordsOf(
  sql: Sql,
  deployment: Deployment,
  synced: Position | undefined,
  provers: readonly ProverRow[],
  { epochs, before }: { readonly epochs: number; readonly before?: number | undefined },
): Promise<ProverRecord[]> {
  if (provers.length === 0 || synced === undefined) return [];
  const current = Math.max(0, Number((synced.time - deployment.clockStart) / deployment.epochLength));
  const last = before === undefined ? current : Math.min(current, before - 1);
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
  const claimed = await claimedBy(sql, deployment, ids);
  const activityBy = new Map<number, ActivityRow[]>(ids.map((id) => [id, []]));
  for (const row of rows) activityBy.get(row.prover)?.push(row);
  return provers.map((row) => {
    const { fulfilments = 0, misses = 0 } = totalsBy.get(row.id) ?? {};
    const own = activityBy.get(row.id) ?? [];
    const activity: Activity[] = [];
    for (let epoch = last; epoch >= first; epoch--) {
      activity.push({
        ...activityOf(deployment, synced, own, epoch),
        income: { ...incomeOf(own, epoch), ...(claimed.get(`${row.id} ${epoch}`) ?? NOTHING_CLAIMED) },
      });
    }
    return {
      id: row.id,
      prover: row.prover as Address,
      vault: row.vault as Address,
      registeredAt: BigInt(row.registered_at),
      active: BigInt(own.at(-1)?.active ?? 0),
      sharePrice: priceIn(own.at(-1), synced.time),
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
): Omit<Activity, "income"> {
  const row = rows.find((candidate) => candidate.epoch === epoch);
  const start = clockStart + BigInt(epoch) * epochLength;
  const end = start + epochLength < synced.time ? start + epochLength : synced.time;
  const vault = rows.findLast((candidate) => candidate.epoch <= epoch);
  const held = assetsSum(rows, epoch, end) - assetsSum(rows, epoch - 1, start);
  return {
    epoch,
    ...onTime(row?.fulfilments ?? 0, row?.misses ?? 0),
    work: BigInt(row?.work ?? 0),
    fees: BigInt(row?.fees ?? 0),
    protocolFees: BigInt(row?.protocol_fees ?? 0),
    stake: end > start ? held / (end - start) : 0n,
    at: end,
    running: end < start + epochLength,
    active: BigInt(vault?.active ?? 0),
    sharePrice: priceIn(vault, end),
  };
}

function incomeOf(rows: readonly ActivityRow[], epoch: number): Income {
  const row = rows.find((candidate) => candidate.epoch === epoch);
  return incomeFrom(row?.income ?? "0,0,0,0");
}

/** A vault as a row left it. */
export function pricedFrom(row: Pick<ActivityRow, "active" | "shares" | "vesting">): Priced {
  return { active: BigInt(row.active), shares: BigInt(row.shares), vesting: vestingFrom(row.vesting) };
}

/** What 10^18 shares are worth at `time`, after the row's last change; undefined if there are none. */
function priceIn(row: ActivityRow | undefined, time: bigint): bigint | undefined {
  return row && sharePriceOf(pricedFrom(row), time);
}

const NOTHING_CLAIMED: Claimed = { rewards: 0n, rewardCommission: 0n };

/** By prover and epoch, of the time of the claim. */
async function claimedBy(
  sql: Sql,
  { id: deployment, clockStart, epochLength }: Deployment,
  ids: readonly number[],
): Promise<Map<string, Claimed>> {
  const rows = await sql
    .selectFrom("claims")
    .select(["prover", "cumulative", "commission", "time"])
    .where("deployment", "=", deployment)
    .where("prover", "in", ids)
    .orderBy("prover")
    .orderBy("number")
    .execute();
  const found = new Map<string, Claimed>();
  let before = { prover: -1, cumulative: 0n, commission: 0n };
  for (const row of rows) {
    if (row.prover !== before.prover) before = { prover: row.prover, cumulative: 0n, commission: 0n };
    const [cumulative, commission] = [BigInt(row.cumulative), BigInt(row.commission)];
    const own = commission - before.commission;
    if (row.time !== null) {
      const key = `${row.prover} ${epochOf({ clockStart, epochLength }, BigInt(row.time))}`;
      const sum = found.get(key) ?? NOTHING_CLAIMED;
      found.set(key, {
        rewards: sum.rewards + cumulative - before.cumulative - own,
        rewardCommission: sum.rewardCommission + own,
      });
    }
    before = { prover: row.prover, cumulative, commission };
  }
  return found;
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
