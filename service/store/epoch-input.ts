// SPDX-License-Identifier: AGPL-3.0-only
import { commissionAt, DEFAULT_SOURCE, type RateChange } from "../core/commission.ts";
import { EMPTY_ACCUMULATOR } from "../core/ids.ts";
import { segmentFor } from "../core/ledger.ts";
import { parsePolicy } from "../core/policy.ts";
import type {
  Address,
  EpochInput,
  Hex,
  LeafEntry,
  Miss,
  PreviousRoot,
  ProverInput,
  Snapshot,
} from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import { type Deployment, type Position, positionIn } from "./deployment.ts";
import { startOf } from "./epochs.ts";
import { sumAt } from "./fold-rollups.ts";
import { InconsistentLogs } from "./inconsistent.ts";
import { readAccumulators } from "./latest.ts";
import { segmentsIn } from "./ledger.ts";
import { StoreError } from "./store.ts";

export interface EpochInputParams {
  readonly epoch: number;
  readonly snapshot: Snapshot;
  /** The root that the epoch continues from; its leaves give way to claimed amounts where the policy says so. */
  readonly previous: PreviousRoot;
  /** What the epochs before left over. */
  readonly carry: bigint;
}

/** How many provers are read at a time. */
const PORTION = 5_000;

/**
 * One epoch's input, as everybody who reads the same final blocks gathers it. Its cost depends on how many provers there
 * are, not on what they did. The deployment must be synced up to a block at or after the epoch's end.
 */
export function readEpochInput(
  database: Database,
  deployment: Deployment,
  { epoch, snapshot, previous, carry }: EpochInputParams,
): Promise<EpochInput> {
  const start = startOf(deployment, epoch);
  const end = start + deployment.epochLength;
  return database.read(async (sql) => {
    const position = await positionIn(sql, deployment);
    requireSynced(position, epoch, end);
    requireChecked(position, snapshot.number);
    const segments = await segmentsIn(sql, deployment);
    const segment = segmentFor({ segments }, epoch);
    if (segment === undefined)
      throw new InconsistentLogs(`no budget segment in the logs covers epoch ${epoch}`);
    const policy = parsePolicy(segment.policy);
    const restart = segment.fromEpoch === BigInt(epoch) ? policy.continuation?.block : undefined;
    const fulfilments = (await readAccumulators(sql, deployment, [epoch])).fulfilments.get(epoch);
    const misses = await missesLoggedIn(sql, deployment, epoch);
    return {
      chainId: deployment.chainId,
      distributor: deployment.distributor,
      epoch,
      start,
      end,
      snapshot,
      budget: segment.budget,
      carry,
      policy,
      previous:
        restart === undefined ? previous : await replacedBy(sql, deployment, previous, restart, snapshot),
      fulfilments: { count: fulfilments?.count ?? 0, accumulator: fulfilments?.hash ?? EMPTY_ACCUMULATOR },
      misses,
      provers: await proverInputs(sql, deployment, epoch),
    };
  });
}

function requireSynced(position: Position | undefined, epoch: number, end: bigint): void {
  if (position !== undefined && position.time >= end) return;
  const synced =
    position === undefined ? "no logs yet" : `the logs up to block ${position.block}, at ${position.time}`;
  throw new StoreError(
    "behind",
    `the database holds ${synced}: epoch ${epoch} ends at ${end}`,
    "run `provender sync` once a block at or after its end is final",
  );
}

/** Another process may have rolled back, and read again from an endpoint that lies. */
function requireChecked(position: Position | undefined, block: bigint): void {
  const checked = position?.checked;
  if (checked !== undefined && checked >= block) return;
  throw new StoreError(
    "behind",
    `the database's logs up to block ${block} are not checked against the contracts`,
    "run it again: it reads and checks them first",
  );
}

/** Whatever their deadline's epoch: a miss is reported by the epoch in which it was logged. */
async function missesLoggedIn(sql: Sql, { id }: Deployment, epoch: number): Promise<Miss[]> {
  const rows = await sql
    .selectFrom("misses")
    .innerJoin("provers", (join) =>
      join.onRef("provers.deployment", "=", "misses.deployment").onRef("provers.id", "=", "misses.prover"),
    )
    .select(["provers.prover", "misses.deadline_epoch", "misses.request_id"])
    .where("misses.deployment", "=", id)
    .where("misses.epoch", "=", epoch)
    .orderBy("misses.deadline_epoch")
    .orderBy("misses.sequence")
    .execute();
  return rows.map(({ prover, deadline_epoch, request_id }) => ({
    prover: prover as Address,
    deadlineEpoch: deadline_epoch,
    requestId: request_id as Hex,
  }));
}

async function proverInputs(sql: Sql, deployment: Deployment, epoch: number): Promise<ProverInput[]> {
  const start = startOf(deployment, epoch);
  const end = start + deployment.epochLength;
  const inputs: ProverInput[] = [];
  for (let from = 0; ; from += PORTION) {
    const rows = await rollupsAround(sql, deployment, epoch, from);
    if (rows.length === 0) return inputs;
    const changes = await rateChanges(sql, deployment, from, end);
    for (const row of rows) {
      const registeredAt = BigInt(row.registered_at);
      if (registeredAt >= end) continue;
      const before = vaultFrom(row.before_active, row.before_active_seconds, row.before_changed_at);
      const latest = vaultFrom(row.active, row.active_seconds, row.changed_at) ?? before;
      inputs.push({
        prover: row.prover as Address,
        vault: row.vault as Address,
        work: BigInt(row.work ?? 0),
        stake: (assetsSum(latest, end) - assetsSum(before, start)) / (end - start),
        fulfilments: row.fulfilments ?? 0,
        misses: row.misses ?? 0,
        fees: BigInt(row.fees ?? 0),
        protocolFees: BigInt(row.protocol_fees ?? 0),
        commissionBps: commissionAt(
          changes.get(row.id) ?? [],
          deployment.distributor,
          registeredAt > start ? registeredAt : start,
        ),
      });
    }
  }
}

/** Provers by their numbers, each with its roll-up of the epoch, and with its vault as the one before left it. */
function rollupsAround(sql: Sql, { id: deployment }: Deployment, epoch: number, from: number) {
  return (
    sql
      .selectFrom("provers")
      .leftJoin("rollups as own", (join) =>
        join
          .onRef("own.deployment", "=", "provers.deployment")
          .onRef("own.prover", "=", "provers.id")
          .on("own.epoch", "=", epoch),
      )
      .leftJoin("rollups as before", (join) =>
        join
          .onRef("before.deployment", "=", "provers.deployment")
          .onRef("before.prover", "=", "provers.id")
          .on("before.epoch", "=", ({ selectFrom }) =>
            selectFrom("rollups as last")
              .select(({ fn }) => fn.max("last.epoch").as("epoch"))
              .whereRef("last.deployment", "=", "provers.deployment")
              .whereRef("last.prover", "=", "provers.id")
              .where("last.epoch", "<", epoch),
          ),
      )
      // No more than is needed: a row costs what its columns cost.
      .select(["provers.id", "provers.prover", "provers.vault", "provers.registered_at"])
      .select(["own.fulfilments", "own.misses", "own.work", "own.fees", "own.protocol_fees"])
      .select(["own.active", "own.active_seconds", "own.changed_at"])
      .select(["before.active as before_active", "before.active_seconds as before_active_seconds"])
      .select("before.changed_at as before_changed_at")
      .where("provers.deployment", "=", deployment)
      .where("provers.id", ">=", from)
      .where("provers.id", "<", from + PORTION)
      .orderBy("provers.id")
      .execute()
  );
}

type VaultAt = Parameters<typeof sumAt>[0];

function vaultFrom(
  active: string | null,
  activeSeconds: string | null,
  changedAt: number | null,
): VaultAt | undefined {
  if (active === null || activeSeconds === null || changedAt === null) return undefined;
  return { active: BigInt(active), activeSeconds: BigInt(activeSeconds), changedAt };
}

function assetsSum(vault: VaultAt | undefined, time: bigint): bigint {
  return vault === undefined ? 0n : sumAt(vault, time);
}

/** What decides the distributor's rate: its own entry and the default, announced before `end`. */
async function rateChanges(
  sql: Sql,
  { id: deployment, distributor }: Deployment,
  from: number,
  end: bigint,
): Promise<Map<number, RateChange[]>> {
  const rows = await sql
    .selectFrom("commissions")
    .select(["prover", "source", "bps", "announced_at", "effective_at"])
    .where("deployment", "=", deployment)
    .where("prover", ">=", from)
    .where("prover", "<", from + PORTION)
    .where("source", "in", [DEFAULT_SOURCE, distributor])
    .where("announced_at", "<", Number(end))
    .orderBy("prover")
    .orderBy("sequence")
    .execute();
  const changes = new Map<number, RateChange[]>();
  for (const { prover, source, bps, announced_at, effective_at } of rows) {
    const own = changes.get(prover) ?? [];
    own.push({
      source: source as Address,
      bps,
      announcedAt: BigInt(announced_at),
      effectiveAt: BigInt(effective_at),
    });
    changes.set(prover, own);
  }
  return changes;
}

/**
 * Claimed amounts in place of leaves that were withheld. Claims that came after the snapshot change nothing, even if the
 * policy names a later block.
 */
async function replacedBy(
  sql: Sql,
  deployment: Deployment,
  previous: PreviousRoot,
  block: bigint,
  { number }: Snapshot,
): Promise<PreviousRoot> {
  const leaves = await claimedUpTo(sql, deployment, block < number ? block : number);
  return { ...previous, leaves, claimedAt: block };
}

async function claimedUpTo(sql: Sql, { id: deployment }: Deployment, block: bigint): Promise<LeafEntry[]> {
  const rows = await sql
    .selectFrom("provers")
    .innerJoin("claims", (join) =>
      join
        .onRef("claims.deployment", "=", "provers.deployment")
        .onRef("claims.prover", "=", "provers.id")
        .on("claims.number", "=", ({ selectFrom }) =>
          selectFrom("claims as last")
            .select(({ fn }) => fn.max("last.number").as("number"))
            .whereRef("last.deployment", "=", "provers.deployment")
            .whereRef("last.prover", "=", "provers.id")
            .where("last.block", "<=", Number(block)),
        ),
    )
    .select(["provers.prover", "claims.cumulative", "claims.commission"])
    .where("provers.deployment", "=", deployment)
    .execute();
  return rows
    .map(({ prover, cumulative, commission }) => ({
      prover: prover as Address,
      cumulative: BigInt(cumulative),
      cumulativeCommission: BigInt(commission),
    }))
    .filter(({ cumulative }) => cumulative > 0n);
}
