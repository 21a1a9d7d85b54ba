// SPDX-License-Identifier: AGPL-3.0-only
import type { AuctionEvent, Logged, LoggedEvent } from "../core/chain-event.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import type { Deployment, Position } from "./deployment.ts";
import { InconsistentLogs } from "./inconsistent.ts";
import { portions } from "./rows.ts";

interface Bid {
  readonly id: Hex;
  readonly prover: Address;
}

interface PageEvents {
  readonly events: readonly LoggedEvent[];
  readonly auctions: readonly Logged<AuctionEvent>[];
  /** Where the database is before the page. */
  readonly before: Position | undefined;
  readonly lastBlock: bigint;
}

/**
 * Enters a page's requests, and its bids that hold a bond, and marks those that are over. What begins and ends on one
 * page is never written: pages are rolled back as a whole.
 */
export async function saveAuctions(sql: Sql, deployment: Deployment, page: PageEvents): Promise<void> {
  const requests = new Map<Hex, { readonly bond: bigint; readonly revealSeconds: bigint }>();
  const bids = new Map<string, Bid>();
  const ended = new Set<Hex>();
  const unsealed = new Map<string, Bid>();
  for (const { event } of page.auctions) {
    if (event.name === "Requested") {
      const { id, bond, commitDuration, revealDuration } = event;
      requests.set(id, { bond, revealSeconds: commitDuration + revealDuration });
    } else if (event.name === "Committed") bids.set(`${event.id} ${event.prover}`, event);
    else if ("prover" in event) unsealed.set(`${event.id} ${event.prover}`, event);
    else ended.add(event.id);
  }
  for (const { event } of page.events) {
    if (event.name === "Fulfilled" || event.name === "Missed") ended.add(event.id);
  }
  if (requests.size + bids.size + ended.size + unsealed.size === 0) return;
  const block = Number(page.lastBlock);
  const sealed = [...bids].flatMap(([key, bid]) => (unsealed.has(key) ? [] : [bid]));
  const stored = await bondedAmong(
    sql,
    deployment,
    sealed.map(({ id }) => id),
  );
  const bonded = sealed.filter(({ id }) => stored.has(id) || (requests.get(id)?.bond ?? 0n) > 0n);
  const outlived = new Set(bonded.map(({ id }) => id));
  const kept = [...requests].filter(([id]) => !ended.has(id) || outlived.has(id));
  for (const some of portions(kept, 7)) {
    const rows = some.map(([id, { bond, revealSeconds }]) => ({
      deployment: deployment.id,
      id,
      opened_after: Number(page.before?.time ?? 0n),
      reveal_seconds: secondsOf(revealSeconds, id),
      bond: String(bond),
      block,
      ended_in: null,
    }));
    await sql.insertInto("requests").values(rows).execute();
  }
  for (const some of portions(bonded, 5)) {
    const rows = some.map(({ id, prover }) => ({
      ...{ deployment: deployment.id, request: id, prover, block, unsealed_in: null },
    }));
    // A later bid of the same prover takes the earlier one's place.
    await sql
      .insertInto("bids")
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  for (const some of portions([...ended], 1)) {
    await sql
      .updateTable("requests")
      .set({ ended_in: block })
      .where("deployment", "=", deployment.id)
      .where("id", "in", some)
      .execute();
  }
  for (const some of portions([...unsealed.values()], 2)) {
    await sql
      .updateTable("bids")
      .set({ unsealed_in: block })
      .where("deployment", "=", deployment.id)
      .where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple("request", "prover"),
          "in",
          some.map(({ id, prover }) => tuple(id, prover)),
        ),
      )
      .execute();
  }
}

/** Of the stored requests with these ids, those whose bids hold a bond. */
async function bondedAmong(sql: Sql, { id: deployment }: Deployment, ids: readonly Hex[]): Promise<Set<Hex>> {
  const found = new Set<Hex>();
  for (const some of portions(ids, 1)) {
    const rows = await sql
      .selectFrom("requests")
      .select("id")
      .where("deployment", "=", deployment)
      .where("id", "in", some)
      .where("bond", "!=", "0")
      .execute();
    for (const { id } of rows) found.add(id as Hex);
  }
  return found;
}

/** A market bounds both durations at a day. */
const MAX_SECONDS = BigInt(Number.MAX_SAFE_INTEGER);

function secondsOf(seconds: bigint, id: Hex): number {
  if (seconds <= MAX_SECONDS) return Number(seconds);
  throw new InconsistentLogs(`request ${id} has an auction of ${seconds} seconds, more than there can be`);
}

/** A request that has not ended, or has sealed bids that hold a bond. */
export interface OpenRequest {
  readonly id: Hex;
  readonly ended: boolean;
  /** Whose bids hold a bond, and were neither revealed nor forfeited. */
  readonly sealedBy: readonly Address[];
}

/**
 * Requests whose auction may be over at `time`, in seconds, in the order in which they came. Logs do not say when a
 * request was made: it was after the page before its own.
 */
export function openRequests(database: Database, { id }: Deployment, time: bigint): Promise<OpenRequest[]> {
  return database.read(async (sql) => {
    const rows = await sql
      .selectFrom("requests")
      .leftJoin("bids", (join) =>
        join
          .onRef("bids.deployment", "=", "requests.deployment")
          .onRef("bids.request", "=", "requests.id")
          .on("bids.unsealed_in", "is", null),
      )
      .select(["requests.id", "requests.ended_in", "bids.prover"])
      .where("requests.deployment", "=", id)
      .where(({ eb, or }) => or([eb("requests.ended_in", "is", null), eb("bids.prover", "is not", null)]))
      .where(({ eb }) => eb(eb("opened_after", "+", eb.ref("reveal_seconds")), "<", Number(time)))
      .orderBy("requests.block")
      .orderBy("requests.id")
      .orderBy("bids.prover")
      .execute();
    const found = new Map<string, { id: Hex; ended: boolean; sealedBy: Address[] }>();
    for (const row of rows) {
      const request = found.get(row.id) ?? { id: row.id as Hex, ended: row.ended_in !== null, sealedBy: [] };
      found.set(row.id, request);
      if (row.prover !== null) request.sealedBy.push(row.prover as Address);
    }
    return [...found.values()];
  });
}

/** Forgets what was over at `block`, below which nothing is ever rolled back. */
export function forgetEnded(database: Database, { id }: Deployment, block: bigint): Promise<void> {
  return database.write(async (sql) => {
    await sql
      .deleteFrom("bids")
      .where("deployment", "=", id)
      .where("unsealed_in", "<=", Number(block))
      .execute();
    await sql
      .deleteFrom("requests")
      .where("deployment", "=", id)
      .where("ended_in", "<=", Number(block))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("bids")
              .select("bids.request")
              .whereRef("bids.deployment", "=", "requests.deployment")
              .whereRef("bids.request", "=", "requests.id"),
          ),
        ),
      )
      .execute();
  });
}
