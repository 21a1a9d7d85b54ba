// SPDX-License-Identifier: AGPL-3.0-only

import type { SegmentLog } from "../core/distributor-history.ts";
import { EMPTY_ACCUMULATOR } from "../core/ids.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import { type Deployment, lockPosition, movePosition, type Position, positionIn } from "./deployment.ts";
import { segmentsIn } from "./distributor-history.ts";
import { epochOf } from "./epochs.ts";
import { type Accumulator, NEW_VAULT, NOTHING } from "./fold-activity.ts";
import type { PostState } from "./fold-records.ts";
import {
  lastClaims,
  lastCommissions,
  lastPost,
  lastRegistration,
  latestActivity,
  readAccumulators,
  readCounts,
} from "./latest.ts";

// What the contracts must hold at the synced block if no log was left out, added, altered or reordered. Each function
// takes the position that the caller compares at, and gives "behind" once another process has moved it.

/** What the registry and its vault must hold of a prover. */
export interface ExpectedProver {
  /** Counted from 0 in the order of registration. */
  readonly number: number;
  readonly prover: Address;
  readonly vault: Address;
  readonly registeredAt: bigint;
  readonly commissionSequence: bigint;
  readonly commissionHash: Hex;
  readonly claimed: bigint;
  readonly claimedCommission: bigint;
  /** The vault's `stakeState()`. */
  readonly stakeState: { readonly active: bigint; readonly rollingHash: Hex };
  /** The block of its last change, for people; 0 if it never had one. */
  readonly changedIn: bigint;
}

export interface ExpectedProversParams {
  readonly limit: number;
  /** The number of the first. */
  readonly from: number;
}

/** Some provers, by their numbers; an empty list after the last. */
export function expectedProvers(
  database: Database,
  deployment: Deployment,
  at: Position,
  { limit, from }: ExpectedProversParams,
): Promise<ExpectedProver[] | "behind"> {
  return readAt(database, deployment, at, async (sql) => {
    const rows = await sql
      .selectFrom("provers")
      .select(["id", "prover", "vault", "registered_at"])
      .where("deployment", "=", deployment.id)
      .where("id", ">=", from)
      .orderBy("id")
      .limit(limit)
      .execute();
    const ids = rows.map(({ id }) => id);
    const activity = await latestActivity(sql, deployment, ids);
    const commissions = await lastCommissions(sql, deployment, ids);
    const claims = await lastClaims(sql, deployment, ids);
    return rows.map(({ id, prover, vault, registered_at }) => {
      const { active, rollingHash, changedIn } = activity.get(id)?.vault ?? NEW_VAULT;
      const commission = commissions.get(id) ?? { sequence: 0, hash: EMPTY_ACCUMULATOR };
      const claim = claims.get(id);
      return {
        number: id,
        prover: prover as Address,
        vault: vault as Address,
        registeredAt: BigInt(registered_at),
        commissionSequence: BigInt(commission.sequence),
        commissionHash: commission.hash,
        claimed: claim?.cumulative ?? 0n,
        claimedCommission: claim?.commission ?? 0n,
        stakeState: { active, rollingHash },
        changedIn: BigInt(changedIn),
      };
    });
  });
}

/** What the market must hold of an epoch: misses are counted by their deadline's. */
export interface ExpectedEpoch {
  readonly epoch: number;
  readonly fulfilments: Accumulator;
  readonly misses: Accumulator;
}

/** All epochs from `from` to that of the synced block. */
export function expectedEpochs(
  database: Database,
  deployment: Deployment,
  at: Position,
  { from }: { readonly from: number },
): Promise<ExpectedEpoch[] | "behind"> {
  return readAt(database, deployment, at, async (sql) => {
    const running = epochOf(deployment, at.time);
    const epochs = Array.from({ length: Math.max(0, running - from + 1) }, (_, i) => from + i);
    const { fulfilments, misses } = await readAccumulators(sql, deployment, epochs);
    return epochs.map((epoch) => ({
      epoch,
      fulfilments: fulfilments.get(epoch) ?? NOTHING,
      misses: misses.get(epoch) ?? NOTHING,
    }));
  });
}

/** What else is counted, and the segments, whose policies were checked against their hashes. */
export interface ExpectedCounts {
  readonly provers: number;
  /** The registry's `registrations()`, with the number of provers. */
  readonly registered: bigint;
  readonly posts: number;
  /** The distributor's `postHistory()`. */
  readonly posted: PostState;
  readonly segments: readonly SegmentLog[];
}

/** As of `at`; "behind" if the database has moved. */
export function expectedCounts(
  database: Database,
  deployment: Deployment,
  at: Position,
): Promise<ExpectedCounts | "behind"> {
  return readAt(database, deployment, at, async (sql) => {
    const { provers, posts } = await readCounts(sql, deployment);
    return {
      provers,
      registered: await lastRegistration(sql, deployment),
      posts,
      posted: await lastPost(sql, deployment),
      segments: await segmentsIn(sql, deployment),
    };
  });
}

/**
 * Remembers that the logs up to a position agree with the contracts' state there; "behind" if its last block is not a
 * stored page's any more.
 */
export function setChecked(
  database: Database,
  deployment: Deployment,
  { block, hash }: Position,
): Promise<Position | "behind"> {
  return database.write(async (sql) => {
    const position = await lockPosition(sql, deployment);
    const page = await sql
      .selectFrom("pages")
      .select("last_hash")
      .where("deployment", "=", deployment.id)
      .where("last_block", "=", Number(block))
      .executeTakeFirst();
    if (position === undefined || page?.last_hash !== hash) return "behind";
    const checked = position.checked !== undefined && position.checked > block ? position.checked : block;
    await movePosition(sql, deployment, { ...position, checked });
    return { ...position, checked };
  });
}

function readAt<T>(
  database: Database,
  deployment: Deployment,
  at: Position,
  action: (sql: Sql) => Promise<T>,
): Promise<T | "behind"> {
  return database.read(async (sql) => {
    const position = await positionIn(sql, deployment);
    if (position?.block !== at.block || position.hash !== at.hash) return "behind";
    return action(sql);
  });
}
