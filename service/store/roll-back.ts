// SPDX-License-Identifier: AGPL-3.0-only
import type { LoggedEvent } from "../core/chain-event.ts";
import { InputError } from "../core/errors.ts";
import { EMPTY_ACCUMULATOR, missStep } from "../core/ids.ts";
import type { Address, Hex } from "../core/types.ts";
import { rollBackRequests } from "./auctions.ts";
import { type Database, databaseError, type Sql } from "./database.ts";
import { type Deployment, lockPosition, movePosition, type Position } from "./deployment.ts";
import { epochOf, startOf } from "./epochs.ts";
import { type Accumulator, foldActivity } from "./fold-activity.ts";
import { saveActivity, saveMissAccumulators } from "./fold-save.ts";
import { loadFoldState } from "./fold-state.ts";
import { InconsistentLogs } from "./inconsistent.ts";
import { pagesFrom } from "./pages.ts";
import { eventsIn, stakesIn } from "./sources.ts";

/**
 * Undoes everything after the last page that ends at `toBlock` or before, as if later pages had never come: all of it
 * or nothing. Returns the position that is left, undefined if no page is.
 * @throws DatabaseError `damaged` where what is left cannot be counted anew
 */
export async function rollBack(
  database: Database,
  deployment: Deployment,
  toBlock: bigint,
): Promise<Position | undefined> {
  return database.write(async (sql) => {
    const before = await lockPosition(sql, deployment);
    if (before === undefined || before.block <= toBlock) return before;
    const after = await lastPage(sql, deployment, toBlock, before);
    await movePosition(sql, deployment, after);
    const block = after === undefined ? -1 : Number(after.block);
    await dropPages(sql, deployment, block);
    await dropMisses(sql, deployment, block);
    await dropRecords(sql, deployment, block);
    await dropActivity(sql, deployment, after, database.where);
    return after;
  });
}

/** Where a page ends, as what is left of a position after it. */
export function endOfPage(
  page: { readonly last_block: number; readonly last_hash: string; readonly last_time: number },
  { checked }: Position,
): Position {
  const block = BigInt(page.last_block);
  return {
    block,
    hash: page.last_hash as Hex,
    time: BigInt(page.last_time),
    // What agreed with the contracts' state at a later block was complete up to this one.
    checked: checked === undefined || checked < block ? checked : block,
  };
}

async function lastPage(
  sql: Sql,
  { id }: Deployment,
  toBlock: bigint,
  before: Position,
): Promise<Position | undefined> {
  const row = await sql
    .selectFrom("pages")
    .select(["last_block", "last_hash", "last_time"])
    .where("deployment", "=", id)
    .where("last_block", "<=", Number(toBlock))
    .orderBy("last_block", "desc")
    .limit(1)
    .executeTakeFirst();
  return row && endOfPage(row, before);
}

async function dropPages(sql: Sql, { id }: Deployment, block: number): Promise<void> {
  await sql.deleteFrom("pages").where("deployment", "=", id).where("last_block", ">", block).execute();
}

async function dropRecords(sql: Sql, deployment: Deployment, block: number): Promise<void> {
  const { id } = deployment;
  const kinds = [
    ...["commissions", "claims", "segments", "posts", "provers", "requests", "bids", "moves", "exits"],
    ...["slashes", "votes", "auditors", "standings"],
  ] as const;
  for (const kind of kinds) {
    await sql.deleteFrom(kind).where("deployment", "=", id).where("block", ">", block).execute();
  }
  await sql
    .updateTable("posts")
    .set({ vetoed_in: null, veto_rolling_hash: null })
    .where("deployment", "=", id)
    .where("vetoed_in", ">", block)
    .execute();
  await rollBackRequests(sql, deployment, block);
  await sql
    .updateTable("bids")
    .set({ unsealed_in: null })
    .where("deployment", "=", id)
    .where("unsealed_in", ">", block)
    .execute();
}

/** Their accumulators go back to the step of the last miss that is left: hashed anew, since no step is kept. */
async function dropMisses(sql: Sql, deployment: Deployment, block: number): Promise<void> {
  const { id } = deployment;
  const dropped = await sql
    .deleteFrom("misses")
    .where("deployment", "=", id)
    .where("block", ">", block)
    .returning("deadline_epoch")
    .execute();
  const accumulators = new Map<number, Accumulator>();
  for (const epoch of new Set(dropped.map(({ deadline_epoch }) => deadline_epoch))) {
    const left = await sql
      .selectFrom("misses")
      .innerJoin("provers", (join) =>
        join.onRef("provers.deployment", "=", "misses.deployment").onRef("provers.id", "=", "misses.prover"),
      )
      .select(["provers.prover", "sequence", "request_id", "deadline", "slashed", "time"])
      .where("misses.deployment", "=", id)
      .where("misses.deadline_epoch", "=", epoch)
      .orderBy("misses.sequence")
      .execute();
    const hash = left.reduce(
      (acc, row) =>
        missStep(acc, {
          sequence: BigInt(row.sequence),
          requestId: row.request_id as Hex,
          prover: row.prover as Address,
          deadline: BigInt(row.deadline),
          slashed: BigInt(row.slashed),
          timestamp: BigInt(row.time),
        }),
      EMPTY_ACCUMULATOR,
    );
    accumulators.set(epoch, { count: left.length, hash });
  }
  await saveMissAccumulators(sql, deployment, accumulators);
}

/** The epoch that goes on after the last block is counted anew from its pages; those after it are gone. */
async function dropActivity(
  sql: Sql,
  deployment: Deployment,
  after: Position | undefined,
  where: string,
): Promise<void> {
  const epoch = after === undefined ? -1 : epochOf(deployment, after.time);
  await sql
    .deleteFrom("epoch_activity")
    .where("deployment", "=", deployment.id)
    .where("epoch", ">=", epoch)
    .execute();
  await sql
    .updateTable("epochs")
    .set({ fulfilments: 0, fulfilment_accumulator: EMPTY_ACCUMULATOR })
    .where("deployment", "=", deployment.id)
    .where("epoch", ">=", epoch)
    .execute();
  if (after !== undefined) await countAnew(sql, deployment, epoch, where);
  await sql
    .deleteFrom("epochs")
    .where("deployment", "=", deployment.id)
    .where("fulfilments", "=", 0)
    .where("misses", "=", 0)
    .execute();
}

async function countAnew(sql: Sql, deployment: Deployment, epoch: number, where: string): Promise<void> {
  const start = startOf(deployment, epoch);
  for await (const { last_block, logs, stakes } of pagesFrom(sql, deployment, start, "with stakes")) {
    try {
      const events = since(start, eventsIn(deployment, new Uint8Array(logs)));
      const own = stakesIn(deployment, stakes && new Uint8Array(stakes));
      const state = await loadFoldState(sql, deployment, events);
      // What holders did is written down already.
      await saveActivity(sql, deployment, foldActivity(deployment, state, events, { logs: own }));
    } catch (error) {
      // They were sound when they were stored.
      if (!(error instanceof InputError || error instanceof InconsistentLogs)) throw error;
      const message = `the page that ends at block ${last_block}: ${error.message}`;
      throw databaseError("damaged", where, new Error(message, { cause: error }));
    }
  }
}

/** The events from a time on; those that don't say theirs have that of the ones before them. */
function since(start: bigint, events: readonly LoggedEvent[]): LoggedEvent[] {
  const first = events.findIndex(({ event }) => "timestamp" in event && event.timestamp >= start);
  return first < 0 ? [] : events.slice(first);
}
