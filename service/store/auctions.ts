// SPDX-License-Identifier: AGPL-3.0-only
import { CompiledQuery } from "kysely";
import type { AuctionEvent, Logged, LoggedEvent } from "../core/chain-event.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import type { Deployment, Position } from "./deployment.ts";
import { InconsistentLogs } from "./inconsistent.ts";
import { placeOf } from "./log-place.ts";
import type { LogPlace } from "./pages.ts";
import {
  askedText,
  type Happened,
  happenedFrom,
  happenedText,
  type Standing,
  standingAfter,
  UNTOUCHED,
} from "./request-texts.ts";
import { literals, portions } from "./rows.ts";

interface Bid {
  readonly id: Hex;
  readonly prover: Address;
}

interface PageEvents {
  readonly events: readonly LoggedEvent[];
  readonly auctions: readonly Logged<AuctionEvent>[];
  /** Where the database is before the page. */
  readonly before: Position | undefined;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  readonly lastTime: bigint;
  readonly places: ReadonlyMap<number, LogPlace>;
}

type Requested = Logged<Extract<AuctionEvent, { readonly name: "Requested" }>>;

/** What became of a request on a page. */
interface Entry {
  /** In the words of `happenedText`. */
  events: string;
  standing: Standing;
  /** Who made a bid, and who revealed or forfeited one. */
  readonly bids: Address[];
  readonly unsealed: Address[];
}

/** What a page says of requests: those that are new, and what became of these and of others. */
interface Book {
  readonly requests: Map<Hex, Requested>;
  readonly entries: Map<Hex, Entry>;
}

/**
 * Enters a page's requests, what became of them and of earlier ones, and its bids that hold a bond. A bid that is
 * revealed or forfeited on the page that it comes on is never entered: pages are rolled back as a whole.
 * @throws InconsistentLogs for a request whose auction is longer than any
 */
export async function saveAuctions(sql: Sql, deployment: Deployment, page: PageEvents): Promise<void> {
  const book = bookOf(page);
  if (book.requests.size + book.entries.size === 0) return;
  await saveRequests(sql, deployment, page, book);
  await saveBids(sql, deployment, Number(page.lastBlock), book);
}

function bookOf({ events, auctions, places }: PageEvents): Book {
  const book: Book = { requests: new Map(), entries: new Map() };
  let read = 0;
  for (const logged of events) {
    const { event, blockNumber: block } = logged;
    if (event.name !== "Fulfilled" && event.name !== "Missed") continue;
    for (; read < auctions.length && isBefore(auctions[read] as Logged<unknown>, logged); read++) {
      readAuction(auctions[read] as Logged<AuctionEvent>);
    }
    const { id, prover, timestamp: time } = event;
    if (event.name === "Fulfilled") {
      add(id, { kind: "fulfilled", block, prover, fee: event.fee, protocolFee: event.protocolFee, time });
    } else add(id, { kind: "missed", block, prover, slashed: event.slashed, time });
  }
  for (; read < auctions.length; read++) readAuction(auctions[read] as Logged<AuctionEvent>);
  return book;

  function add(id: Hex, happened: Happened): Entry {
    let entry = book.entries.get(id);
    if (entry === undefined) {
      entry = { events: "", standing: UNTOUCHED, bids: [], unsealed: [] };
      book.entries.set(id, entry);
    }
    entry.events += happenedText(happened);
    entry.standing = standingAfter(entry.standing, happened);
    return entry;
  }

  function readAuction(logged: Logged<AuctionEvent>): void {
    const { event, blockNumber: block } = logged;
    const { id } = event;
    switch (event.name) {
      case "Requested":
        book.requests.set(id, logged as Requested);
        break;
      case "Committed":
        add(id, { kind: "committed", block, prover: event.prover, order: event.order }).bids.push(
          event.prover,
        );
        break;
      case "Revealed": {
        const { prover, fee, leads } = event;
        add(id, { kind: "revealed", block, prover, fee, leads }).unsealed.push(prover);
        break;
      }
      case "BondForfeited": {
        const { prover, slashed } = event;
        add(id, { kind: "forfeited", block, prover, slashed }).unsealed.push(prover);
        break;
      }
      case "Closed":
        add(id, { kind: "closed", block, status: event.status, time: timeOf(logged) });
        break;
      case "Cancelled":
        add(id, { kind: "cancelled", block, time: timeOf(logged) });
        break;
    }
  }

  function timeOf({ blockNumber, logIndex }: Logged<unknown>): bigint | undefined {
    const time = places.get(placeOf(blockNumber, logIndex))?.time;
    return time === undefined ? undefined : BigInt(time);
  }
}

function isBefore(a: Logged<unknown>, b: Logged<unknown>): boolean {
  return a.blockNumber < b.blockNumber || (a.blockNumber === b.blockNumber && a.logIndex < b.logIndex);
}

/** How many requests one statement takes. */
const AT_ONCE = 1_000;
const COLUMNS = [
  ...["deployment", "id", "requester", "asked", "opened_after", "opened_at", "reveal_seconds", "bond"],
  ...["block", "log_index", "events", "changed_in", "prover", "ended_in"],
] as const;

async function saveRequests(
  sql: Sql,
  { id: deployment }: Deployment,
  { before, firstBlock, lastBlock, lastTime, places }: PageEvents,
  { requests, entries }: Book,
): Promise<void> {
  const added = Array.from(requests, ([id, { event, blockNumber, logIndex }]) => {
    const { events = "", standing = UNTOUCHED } = entries.get(id) ?? {};
    const { prover, ended_in, changed_in } = standing;
    const time = places.get(placeOf(blockNumber, logIndex))?.time;
    const opened = [
      time ?? Number(before?.time ?? 0n),
      time ?? (firstBlock === lastBlock ? Number(lastTime) : null),
      secondsOf(event.commitDuration + event.revealDuration, id),
    ];
    return [
      ...[deployment, id, event.requester, askedText(event), ...opened, String(event.bond)],
      ...[blockNumber, logIndex, events, Math.max(changed_in, blockNumber), prover, ended_in],
    ];
  });
  for (let i = 0; i < added.length; i += AT_ONCE) {
    const rows = literals(added.slice(i, i + AT_ONCE));
    await sql.executeQuery(CompiledQuery.raw(`insert into requests (${COLUMNS}) values ${rows}`));
  }
  const others = [...entries].filter(([id]) => !requests.has(id));
  // Where none is open, and no bond is left, there is none that something could become of.
  if (others.length === 0) return;
  if (!(await isAnyOpen(sql, deployment)) && !(await isAnySealed(sql, deployment))) return;
  for (let i = 0; i < others.length; i += AT_ONCE) {
    const changes = others.slice(i, i + AT_ONCE).map(
      ([
        id,
        {
          events,
          standing: { changed_in, prover, ended_in },
        },
      ]) => [...[id, events, changed_in, prover, ended_in]],
    );
    await sql.executeQuery(
      CompiledQuery.raw(`
        with changes (id, events, changed_in, prover, ended_in) as (values ${literals(changes)})
        update requests set
          events = requests.events || changes.events,
          changed_in = changes.changed_in,
          prover = coalesce(changes.prover, requests.prover),
          ended_in = coalesce(requests.ended_in, cast(changes.ended_in as bigint))
        from changes where requests.deployment = ${deployment} and requests.id = changes.id`),
    );
  }
}

async function isAnyOpen(sql: Sql, deployment: number): Promise<boolean> {
  const open = await sql
    .selectFrom("requests")
    .select("id")
    .where("deployment", "=", deployment)
    .where("ended_in", "is", null)
    .limit(1)
    .executeTakeFirst();
  return open !== undefined;
}

async function isAnySealed(sql: Sql, deployment: number): Promise<boolean> {
  const sealed = await sql
    .selectFrom("bids")
    .select("request")
    .where("deployment", "=", deployment)
    .where("unsealed_in", "is", null)
    .limit(1)
    .executeTakeFirst();
  return sealed !== undefined;
}

async function saveBids(
  sql: Sql,
  deployment: Deployment,
  block: number,
  { requests, entries }: Book,
): Promise<void> {
  const bids: Bid[] = [];
  const unsealed: Bid[] = [];
  for (const [id, entry] of entries) {
    for (const prover of entry.unsealed) unsealed.push({ id, prover });
    for (const prover of entry.bids) if (!entry.unsealed.includes(prover)) bids.push({ id, prover });
  }
  const earlier = bids.filter(({ id }) => !requests.has(id));
  const stored = await bondedAmong(
    sql,
    deployment,
    earlier.map(({ id }) => id),
  );
  const bonded = bids.filter(({ id }) => stored.has(id) || (requests.get(id)?.event.bond ?? 0n) > 0n);
  if (unsealed.length > 0 && (await isAnySealed(sql, deployment.id)))
    await unseal(sql, deployment, block, unsealed);
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
}

async function unseal(sql: Sql, deployment: Deployment, block: number, bids: readonly Bid[]): Promise<void> {
  for (const some of portions(bids, 2)) {
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

/** Takes back what became of requests after a block; those that came after it are gone already. */
export async function rollBackRequests(
  sql: Sql,
  { id: deployment }: Deployment,
  block: number,
): Promise<void> {
  for (;;) {
    const rows = await sql
      .selectFrom("requests")
      .select(["id", "block", "events"])
      .where("deployment", "=", deployment)
      .where("changed_in", ">", block)
      .limit(AT_ONCE)
      .execute();
    for (const row of rows) {
      const left = happenedFrom(row.events).filter((one) => one.block <= block);
      const before = { ...UNTOUCHED, changed_in: row.block };
      await sql
        .updateTable("requests")
        .set({ events: left.map(happenedText).join(""), ...left.reduce(standingAfter, before) })
        .where("deployment", "=", deployment)
        .where("id", "=", row.id)
        .execute();
    }
    if (rows.length < AT_ONCE) return;
  }
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
      .where(({ eb, or, selectFrom }) =>
        or([
          eb("requests.ended_in", "is", null),
          eb(
            "requests.id",
            "in",
            selectFrom("bids")
              .select("request")
              .where("deployment", "=", id)
              .where("unsealed_in", "is", null),
          ),
        ]),
      )
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

/** Forgets bonds that were free at `block`, below which nothing is ever rolled back. */
export async function forgetBonds(database: Database, { id }: Deployment, block: bigint): Promise<void> {
  await database.write((sql) =>
    sql.deleteFrom("bids").where("deployment", "=", id).where("unsealed_in", "<=", Number(block)).execute(),
  );
}
