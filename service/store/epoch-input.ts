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
import { type Rollup, sumAt } from "./fold-rollups.ts";
import { InconsistentLogs } from "./inconsistent.ts";
import { latestRollups, readAccumulators } from "./latest.ts";
import { segmentsIn } from "./ledger.ts";
import { portions } from "./rows.ts";
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
    const rows = await sql
      .selectFrom("provers")
      .select(["id", "prover", "vault", "registered_at"])
      .where("deployment", "=", deployment.id)
      .where("id", ">=", from)
      .where("id", "<", from + PORTION)
      .where("registered_at", "<", Number(end))
      .orderBy("id")
      .execute();
    if (rows.length === 0) return inputs;
    const ids = rows.map(({ id }) => id);
    const atEnd = await latestRollups(sql, deployment, ids, epoch);
    const changed = ids.filter((id) => atEnd.get(id)?.epoch === epoch);
    const atStart = await latestRollups(sql, deployment, changed, epoch - 1);
    const changes = await rateChanges(sql, deployment, ids, end);
    for (const { id, prover, vault, registered_at } of rows) {
      const latest = atEnd.get(id);
      const own = latest?.epoch === epoch ? latest : undefined;
      const before = own === undefined ? latest : atStart.get(id);
      const registeredAt = BigInt(registered_at);
      inputs.push({
        prover: prover as Address,
        vault: vault as Address,
        work: own?.work ?? 0n,
        stake: (assetsSum(latest, end) - assetsSum(before, start)) / (end - start),
        fulfilments: own?.fulfilments ?? 0,
        misses: own?.misses ?? 0,
        fees: own?.fees ?? 0n,
        protocolFees: own?.protocolFees ?? 0n,
        commissionBps: commissionAt(
          changes.get(id) ?? [],
          deployment.distributor,
          registeredAt > start ? registeredAt : start,
        ),
      });
    }
  }
}

function assetsSum(rollup: Rollup | undefined, time: bigint): bigint {
  return rollup === undefined ? 0n : sumAt(rollup.vault, time);
}

/** What decides the distributor's rate: its own entry and the default, announced before `end`. */
async function rateChanges(
  sql: Sql,
  { id: deployment, distributor }: Deployment,
  provers: readonly number[],
  end: bigint,
): Promise<Map<number, RateChange[]>> {
  const changes = new Map<number, RateChange[]>();
  for (const ids of portions(provers, 1)) {
    const rows = await sql
      .selectFrom("commissions")
      .select(["prover", "source", "bps", "announced_at", "effective_at"])
      .where("deployment", "=", deployment)
      .where("prover", "in", ids)
      .where("source", "in", [DEFAULT_SOURCE, distributor])
      .where("announced_at", "<", Number(end))
      .orderBy("prover")
      .orderBy("sequence")
      .execute();
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
