// SPDX-License-Identifier: AGPL-3.0-only
import type { AuctionEvent, Logged, LoggedEvent } from "../core/chain-event.ts";
import { decodeAuctions } from "../core/decode-auctions.ts";
import { saveAuctions } from "./auctions.ts";
import type { Database } from "./database.ts";
import { type Deployment, lockPosition, movePosition, type Position } from "./deployment.ts";
import { foldActivity } from "./fold-activity.ts";
import { foldRecords } from "./fold-records.ts";
import { saveActivity, saveRecords, saveStakes } from "./fold-save.ts";
import { newStakeBook, type StakeBook } from "./fold-stakes.ts";
import { loadFoldState, loadStakeState } from "./fold-state.ts";
import { InconsistentLogs } from "./inconsistent.ts";
import { placeOf } from "./log-place.ts";
import type { LogPlace, Page } from "./pages.ts";
import { eventsIn, stakesIn } from "./sources.ts";

/**
 * Stores a page and everything that follows from it, as a whole or not at all. "behind" if the page does not continue
 * what is stored, because another process was faster or rolled it back: the caller reads the position anew.
 * @throws InconsistentLogs if a log is missing, added, altered or out of order, as far as the logs alone tell;
 * InputError for one that is not laid out as its event is
 */
export async function ingest(
  database: Database,
  deployment: Deployment,
  page: Page,
): Promise<Position | "behind"> {
  const events = eventsIn(deployment, page.logs);
  const auctions =
    page.auctions === undefined
      ? []
      : Array.from(decodeAuctions(page.auctions)).filter(({ address }) => address === deployment.market);
  const stakes = stakesIn(deployment, page.stakes);
  checkRange(page, events);
  checkRange(page, auctions);
  checkRange(page, stakes);
  return database.write(async (sql) => {
    const before = await lockPosition(sql, deployment);
    if (!continues(deployment, before, page)) return "behind";
    checkTimes(before, page, events);
    const places = placesOf(page, before);
    const state = await loadFoldState(sql, deployment, events, stakes, auctions);
    const stakeState = await loadStakeState(sql, deployment, stakes, state.vaults);
    const records = foldRecords(deployment, state, events, places);
    const book = newStakeBook(stakeState, state.provers, places);
    const activity = foldActivity(deployment, state, events, { logs: stakes, book });
    readOthers(book, events, auctions);

    const boundary = {
      last_block: Number(page.lastBlock),
      last_hash: page.lastHash,
      last_time: Number(page.lastTime),
    };
    await sql
      .insertInto("pages")
      .values({
        deployment: deployment.id,
        ...boundary,
        first_block: Number(page.firstBlock),
        logs: page.logs,
        stakes: stakes.length === 0 ? null : (page.stakes as Uint8Array),
      })
      .execute();
    await saveRecords(sql, deployment, records);
    await saveActivity(sql, deployment, activity);
    await saveStakes(sql, deployment, book.changes);
    await saveAuctions(sql, deployment, { ...page, events, auctions, before, places });
    const after = {
      block: page.lastBlock,
      hash: page.lastHash,
      time: page.lastTime,
      checked: before?.checked,
    };
    await movePosition(sql, deployment, after);
    return after;
  });
}

/** What the book learns from logs that are no stakes'. */
function readOthers(
  book: StakeBook,
  events: readonly LoggedEvent[],
  auctions: readonly Logged<AuctionEvent>[],
): void {
  for (const logged of events) {
    if (logged.event.name === "RootVetoed") book.veto(logged, logged.event);
  }
  for (const { event, blockNumber: block, logIndex } of auctions) {
    if (event.name === "BondForfeited") book.explain({ block, logIndex, cause: "unrevealed", event });
  }
}

/** By the place of the log. A time that the page cannot have is not believed. */
function placesOf(
  { places = [], lastTime }: Page,
  before: Position | undefined,
): ReadonlyMap<number, LogPlace> {
  const found = new Map<number, LogPlace>();
  const first = Number(before?.time ?? 0n);
  for (const place of places) {
    const { blockNumber, logIndex, time, transaction } = place;
    const isPossible = time !== undefined && time >= first && time <= Number(lastTime);
    const known = isPossible ? place : { blockNumber, logIndex, transaction };
    found.set(placeOf(blockNumber, logIndex), known);
  }
  return found;
}

/** Whether a page begins where what is stored ends. */
export function continues(
  { startBlock }: Deployment,
  before: Position | undefined,
  page: Pick<Page, "firstBlock" | "parentHash">,
): boolean {
  if (before === undefined) return page.firstBlock === startBlock;
  return page.firstBlock === before.block + 1n && page.parentHash === before.hash;
}

function checkRange({ firstBlock, lastBlock }: Page, events: readonly Logged<unknown>[]): void {
  if (lastBlock < firstBlock)
    throw new InconsistentLogs(`a page from block ${firstBlock} ends at block ${lastBlock}`);
  const [first, last] = [events[0]?.blockNumber, events.at(-1)?.blockNumber];
  if (first !== undefined && last !== undefined && BigInt(first) >= firstBlock && BigInt(last) <= lastBlock)
    return;
  if (first === undefined) return;
  throw new InconsistentLogs(
    `logs of blocks ${first} to ${last} were given for blocks ${firstBlock} to ${lastBlock}`,
  );
}

/** A log's timestamp is its block's: from block to block they never go back. */
function checkTimes(before: Position | undefined, page: Page, events: readonly LoggedEvent[]): void {
  let time = before?.time ?? 0n;
  for (const { event, blockNumber } of events) {
    const at = "timestamp" in event ? event.timestamp : time;
    if (at < time || at > page.lastTime) {
      throw new InconsistentLogs(
        `block ${blockNumber}: the time of a log is ${at}, not between ${time} and ${page.lastTime}`,
      );
    }
    if ("deadline" in event && event.deadline >= at) {
      throw new InconsistentLogs(
        `block ${blockNumber}: a miss is logged at ${at}, before its deadline ${event.deadline} is over`,
      );
    }
    time = at;
  }
  if (time > page.lastTime)
    throw new InconsistentLogs(`block ${page.lastBlock} is of ${page.lastTime}, before ${time}`);
}
