// SPDX-License-Identifier: AGPL-3.0-only
import { commissionAt, DEFAULT_SOURCE } from "../core/commission.ts";
import { segmentFor } from "../core/distributor-history.ts";
import type { PackedInput, PackedRoot } from "../core/epoch-input.ts";
import { EMPTY_ACCUMULATOR } from "../core/ids.ts";
import { domainOf } from "../core/leaf.ts";
import { type PackedLeaves, packLeaves, rootOf } from "../core/packed-leaves.ts";
import { parsePolicy } from "../core/policy.ts";
import { ProverTable } from "../core/prover-table.ts";
import type { Address, Hex, LeafEntry, Miss, Policy, Snapshot } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import { type Deployment, type Position, positionIn } from "./deployment.ts";
import { segmentsIn } from "./distributor-history.ts";
import { startOf } from "./epochs.ts";
import { sumAt } from "./fold-activity.ts";
import { lookAtFulfilments } from "./fulfilments.ts";
import { InconsistentLogs } from "./inconsistent.ts";
import { lastOf } from "./last-row.ts";
import { readAccumulators } from "./latest.ts";
import { listing, rowsOf } from "./listing.ts";
import { RATE_COLUMNS, ratesIn } from "./prover-events.ts";
import { StoreError } from "./store.ts";

export interface EpochInputParams {
  readonly epoch: number;
  readonly snapshot: Snapshot;
  /** The root that the epoch continues from; its leaves give way to claimed amounts where the policy says so. */
  readonly previous: PackedRoot;
  /** What the epochs before left over. */
  readonly carry: bigint;
}

/** How many provers are read at a time: longer texts outlive what is made of them, and the engine's heap grows. */
const PORTION = 200;

/**
 * One epoch's input, as everybody who reads the same final blocks gathers it; amounts in wei. Its cost depends on how
 * many provers there are, not on what they did.
 * @throws StoreError `behind` where the deployment is not synced up to a block at or after the epoch's end, and
 * checked up to its snapshot; InputError for a policy that nobody can run
 */
export function readEpochInput(
  database: Database,
  deployment: Deployment,
  { epoch, snapshot, previous, carry }: EpochInputParams,
): Promise<PackedInput> {
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
      provers: await proversUnder(policy, sql, deployment, epoch),
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

/** Under campaigns with what each prover did by campaign. */
async function proversUnder(
  policy: Policy,
  sql: Sql,
  deployment: Deployment,
  epoch: number,
): Promise<ProverTable> {
  const provers = new ProverTable(policy);
  await addProvers(provers, sql, deployment, epoch);
  const { campaigns } = provers;
  if (campaigns === undefined) return provers;
  provers.sort();
  const recent = new Map<Address, number>();
  const numberOf = (prover: Address): number => {
    const position = provers.find(prover);
    if (position < 0)
      throw new InconsistentLogs(`a fulfilment of epoch ${epoch} is by ${prover}, which is no prover`);
    if (recent.size === RECENT) recent.clear();
    const number = provers.numberOf(position);
    recent.set(prover, number);
    return number;
  };
  await lookAtFulfilments(sql, deployment, epoch, (fulfilment) => {
    const { prover } = fulfilment;
    campaigns.countWords(recent.get(prover) ?? numberOf(prover), fulfilment);
  });
  return provers;
}

/** How many provers' numbers are remembered: most fulfil many times. */
const RECENT = 10_000;

async function addProvers(
  provers: ProverTable,
  sql: Sql,
  deployment: Deployment,
  epoch: number,
): Promise<void> {
  const start = startOf(deployment, epoch);
  const end = start + deployment.epochLength;
  const none = provers.campaigns && { campaigns: [] };
  for (let from = 0; ; from += PORTION) {
    const text = await activityAround(sql, deployment, epoch, from);
    if (text === null) return;
    const changes = byNumber(ratesIn(await rateChanges(sql, deployment, from, end)));
    for (const row of rowsOf<typeof PROVER_COLUMNS>(text)) {
      const [id, prover, vault, registered, fulfilments, misses, work, fees, protocolFees, ...vaults] = row;
      const registeredAt = BigInt(registered);
      if (registeredAt >= end) continue;
      const before = vaultFrom(vaults[3], vaults[4], vaults[5]);
      const latest = vaultFrom(vaults[0], vaults[1], vaults[2]) ?? before;
      provers.add({
        prover: prover as Address,
        vault: vault as Address,
        work: BigInt(work),
        stake: (assetsSum(latest, end) - assetsSum(before, start)) / (end - start),
        fulfilments: Number(fulfilments),
        misses: Number(misses),
        fees: BigInt(fees),
        protocolFees: BigInt(protocolFees),
        commissionBps: commissionAt(
          changes(Number(id)) ?? [],
          deployment.distributor,
          registeredAt > start ? registeredAt : start,
        ),
        ...none,
      });
    }
  }
}

/** What belongs to a number, for numbers that ascend as those of `entries` do. */
function byNumber<T>(entries: Iterator<[number, T]>): (number: number) => T | undefined {
  let next = entries.next();
  return (number) => {
    while (!next.done && next.value[0] < number) next = entries.next();
    return !next.done && next.value[0] === number ? next.value[1] : undefined;
  };
}

const PROVER_COLUMNS = [
  ...(["provers.id", "provers.prover", "provers.vault", "provers.registered_at"] as const),
  ...(["own.fulfilments", "own.misses", "own.work", "own.fees", "own.protocol_fees"] as const),
  ...(["own.active", "own.active_seconds", "own.changed_at"] as const),
  ...(["before.active", "before.active_seconds", "before.changed_at"] as const),
] as const;

/** Provers by their numbers, each with its activity in the epoch, and with its vault as the one before left it. */
async function activityAround(
  sql: Sql,
  { id: deployment }: Deployment,
  epoch: number,
  from: number,
): Promise<string | null> {
  const { listing: text } = await sql
    .selectFrom("provers")
    .leftJoin("epoch_activity as own", (join) =>
      join
        .onRef("own.deployment", "=", "provers.deployment")
        .onRef("own.prover", "=", "provers.id")
        .on("own.epoch", "=", epoch),
    )
    .leftJoin("epoch_activity as before", (join) =>
      join
        .onRef("before.deployment", "=", "provers.deployment")
        .onRef("before.prover", "=", "provers.id")
        .on("before.epoch", "=", lastOf("epoch_activity", "epoch", { column: "epoch", most: epoch - 1 })),
    )
    .select(listing(PROVER_COLUMNS, ["provers.id"]))
    .where("provers.deployment", "=", deployment)
    .where("provers.id", ">=", from)
    .where("provers.id", "<", from + PORTION)
    .executeTakeFirstOrThrow();
  return text;
}

type VaultAt = Parameters<typeof sumAt>[0];

/** Without activity there is no vault: its fields are empty. */
function vaultFrom(active: string, activeSeconds: string, changedAt: string): VaultAt | undefined {
  if (active === "") return undefined;
  return { active: BigInt(active), activeSeconds: BigInt(activeSeconds), changedAt: Number(changedAt) };
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
): Promise<string | null> {
  const { listing: text } = await sql
    .selectFrom("commissions")
    .select(listing(RATE_COLUMNS, ["prover", "sequence"]))
    .where("deployment", "=", deployment)
    .where("prover", ">=", from)
    .where("prover", "<", from + PORTION)
    .where("source", "in", [DEFAULT_SOURCE, distributor])
    .where("announced_at", "<", Number(end))
    .executeTakeFirstOrThrow();
  return text;
}

/**
 * Claimed amounts in place of leaves that were withheld. Claims that came after the snapshot change nothing, even if the
 * policy names a later block.
 */
async function replacedBy(
  sql: Sql,
  deployment: Deployment,
  previous: PackedRoot,
  block: bigint,
  { number }: Snapshot,
): Promise<PackedRoot> {
  const leaves = await claimedUpTo(sql, deployment, block < number ? block : number);
  const domain = domainOf(deployment.chainId, deployment.distributor);
  return { ...previous, leaves, leavesRoot: rootOf(domain, leaves), claimedAt: block };
}

async function claimedUpTo(sql: Sql, { id: deployment }: Deployment, block: bigint): Promise<PackedLeaves> {
  const rows = await sql
    .selectFrom("provers")
    .innerJoin("claims", (join) =>
      join
        .onRef("claims.deployment", "=", "provers.deployment")
        .onRef("claims.prover", "=", "provers.id")
        .on("claims.number", "=", lastOf("claims", "number", { column: "block", most: Number(block) })),
    )
    .select(["provers.prover", "claims.cumulative", "claims.commission"])
    .where("provers.deployment", "=", deployment)
    .orderBy("provers.prover")
    .execute();
  function* leaves(): Generator<LeafEntry> {
    for (const { prover, cumulative, commission } of rows) {
      const leaf = { prover: prover as Address, cumulative: BigInt(cumulative) };
      if (leaf.cumulative > 0n) yield { ...leaf, cumulativeCommission: BigInt(commission) };
    }
  }
  return packLeaves(leaves());
}
