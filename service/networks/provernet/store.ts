// SPDX-License-Identifier: AGPL-3.0-only
import type { LogPage } from "../../chain/pages.ts";
import { bytesOf } from "../../core/hex.ts";
import { keccak256 } from "../../core/keccak.ts";
import type { Address, Hex } from "../../core/types.ts";
import type { Database, Sql } from "../../store/database.ts";
import {
  type Deployment,
  type DeploymentKey,
  lockPosition,
  movePosition,
  type Position,
} from "../../store/deployment.ts";
import { InconsistentLogs } from "../../store/inconsistent.ts";
import { continues } from "../../store/ingest.ts";
import { endOfPage } from "../../store/roll-back.ts";
import { portions } from "../../store/rows.ts";
import { type Fact, fromText, type LateFact, type PageFacts, pack, toText, unpack } from "./facts.ts";
import { foldLogs, type Placed, type Requesters } from "./fold.ts";
import type { LogChain, NetworkLog } from "./log.ts";
import type { Contracts } from "./open.ts";
import { emptyState, type NetworkState } from "./state.ts";

/** How a deployment is known in the database: its contracts name it, so that another choice of them is another one. */
export function deploymentKeyOf(contracts: Contracts): DeploymentKey {
  const { chainId, stakingController, market, epochRewards, startBlock } = contracts;
  const name = `provernet:${stakingController}:${market}:${epochRewards ?? "none"}:${startBlock}`;
  return {
    chainId,
    distributor: name as Address,
    registry: stakingController,
    market,
    startBlock,
    // Its windows are in its logs.
    clockStart: 0n,
    epochLength: 1n,
    // Nor does anybody ask for its share prices.
    unbondingDelay: 0n,
    vestingPeriod: 0n,
  };
}

/** The state after so many pages is kept, and of those before that of one in so many. */
const RECENT = 64;
const SPARSE = 32;

/** Folds a page's logs and stores what comes of them. @throws InconsistentLogs if they contradict themselves */
export function storePage(
  database: Database,
  deployment: Deployment,
  contracts: Contracts,
  page: LogPage<NetworkLog> & { readonly parentHash: Hex | undefined; readonly requesters: Requesters },
): Promise<Position | "behind"> {
  const { firstBlock, lastBlock, lastHash, lastTime } = page;
  checkPlaces(page);
  return database.write(async (sql) => {
    const before = await lockPosition(sql, deployment);
    if (!continues(deployment, before, page)) return "behind";
    const { state, number } = await lastState(sql, deployment);
    const { facts, late } = foldLogs(contracts, state, page.logs, page.requesters);
    const counted = await countStatements(sql, deployment, facts, Number(lastBlock));
    const place = { deployment: deployment.id, last_block: Number(lastBlock) };
    const content: PageFacts = { facts: counted, logs: state.logs };
    await sql
      .insertInto("pages")
      .values({
        ...place,
        first_block: Number(firstBlock),
        last_hash: lastHash,
        last_time: Number(lastTime),
        logs: pack(content),
      })
      .execute();
    await sql
      .insertInto("network_states")
      .values({ ...place, number: number + 1, state: pack(state) })
      .execute();
    const old = number + 1 - RECENT;
    if (old % SPARSE !== 0) {
      await sql
        .deleteFrom("network_states")
        .where("deployment", "=", deployment.id)
        .where("number", "=", old)
        .execute();
    }
    await saveLate(sql, deployment, late);
    const after = { block: lastBlock, hash: lastHash, time: lastTime, checked: before?.checked };
    await movePosition(sql, deployment, after);
    return after;
  });
}

function checkPlaces({ firstBlock, lastBlock, lastTime, logs }: LogPage<NetworkLog>): void {
  let time = 0;
  for (const log of logs) {
    if (log.early) continue;
    const block = BigInt(log.blockNumber);
    if (block < firstBlock || block > lastBlock) {
      throw new InconsistentLogs(
        `a log of block ${block} was given for blocks ${firstBlock} to ${lastBlock}`,
      );
    }
    if (log.time < time || BigInt(log.time) > lastTime) {
      throw new InconsistentLogs(
        `block ${block} is of ${log.time}, not between ${time} and ${lastTime} as its neighbours are`,
      );
    }
    time = log.time;
  }
}

/** What the next page is understood by, and which page left it: −1 before the first. */
async function lastState(
  sql: Sql,
  deployment: Deployment,
): Promise<{ readonly state: NetworkState; readonly number: number }> {
  const row = await sql
    .selectFrom("network_states")
    .select(["number", "state"])
    .where("deployment", "=", deployment.id)
    .orderBy("last_block", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return { state: emptyState(), number: -1 };
  return { state: unpack(new Uint8Array(row.state)), number: row.number };
}

async function saveLate(sql: Sql, { id }: Deployment, late: readonly Placed[]): Promise<void> {
  const rows = late.map(({ fact, block, logIndex }, number) => ({
    ...{ deployment: id, block, log_index: logIndex, number, kind: fact.kind, at: fact.at },
    fact: toText(fact),
  }));
  for (const some of portions(rows, 7)) await sql.insertInto("network_facts").values(some).execute();
}

/** Enough of both that nobody finds two statements, or two requesters, of one key; chains' own contracts begin alike. */
const STATEMENT_BYTES = 16;
const REQUESTER_BYTES = 10;

/** SPEC 14.4: what each fulfilment's fee exceeds, and whether its statement is new; what is highest now is stored. */
async function countStatements(
  sql: Sql,
  { id: deployment }: Deployment,
  facts: readonly Fact[],
  block: number,
): Promise<Fact[]> {
  const keys = new Map<Fact, StatementKey>();
  for (const fact of facts) if (fact.kind === "fulfilled") keys.set(fact, keyOf(fact));
  const highest = new Map<string, bigint>();
  const proven = new Set<string>();
  const statements = new Map([...keys.values()].map(({ statement }) => [textOf(statement), statement]));
  for (const some of portions([...statements.values()], 1)) {
    const rows = await sql
      .selectFrom("network_statements")
      .select(["statement", "requester", "fee"])
      .where("deployment", "=", deployment)
      .where("statement", "in", some)
      .execute();
    for (const row of rows) {
      const statement = textOf(row.statement);
      proven.add(statement);
      const key = statement + textOf(row.requester);
      const fee = BigInt(row.fee);
      if (fee >= (highest.get(key) ?? 0n)) highest.set(key, fee);
    }
  }
  const risen = new Map<string, StatementKey>();
  const counted = facts.map((fact): Fact => {
    const own = keys.get(fact);
    if (fact.kind !== "fulfilled" || own === undefined) return fact;
    const statement = textOf(own.statement);
    const key = statement + textOf(own.requester);
    const isNew = !proven.has(statement);
    proven.add(statement);
    const before = highest.get(key);
    if (before !== undefined && fact.fee <= before) return { ...fact, countedFee: 0n, isNew };
    highest.set(key, fact.fee);
    risen.set(key, own);
    return { ...fact, countedFee: fact.fee - (before ?? 0n), isNew };
  });
  const rows = Array.from(risen, ([key, own]) => ({
    deployment,
    block,
    ...own,
    fee: String(highest.get(key)),
  }));
  for (const some of portions(rows, 5)) await sql.insertInto("network_statements").values(some).execute();
  return counted;
}

interface StatementKey {
  readonly statement: Uint8Array;
  readonly requester: Uint8Array;
}

function keyOf({ vk, digest, requester }: { vk: Hex; digest: Hex; requester: Address }): StatementKey {
  const statement = new Uint8Array(64);
  statement.set(bytesOf(vk), 0);
  statement.set(bytesOf(digest), 32);
  return {
    statement: Buffer.from(keccak256(statement).subarray(0, STATEMENT_BYTES)),
    requester: Buffer.from(bytesOf(requester).subarray(-REQUESTER_BYTES)),
  };
}

/** One character a byte. Blobs come back as buffers or as views of them. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Down to the last page at or before the block whose state is kept: from there logs are read again. */
export function rollBackPages(
  database: Database,
  deployment: Deployment,
  toBlock: bigint,
): Promise<Position | undefined> {
  return database.write(async (sql) => {
    const before = await lockPosition(sql, deployment);
    if (before === undefined || before.block <= toBlock) return before;
    const row = await sql
      .selectFrom("network_states")
      .innerJoin("pages", (join) =>
        join
          .onRef("pages.deployment", "=", "network_states.deployment")
          .onRef("pages.last_block", "=", "network_states.last_block"),
      )
      .select(["pages.last_block", "pages.last_hash", "pages.last_time"])
      .where("network_states.deployment", "=", deployment.id)
      .where("network_states.last_block", "<=", Number(toBlock))
      .orderBy("network_states.last_block", "desc")
      .limit(1)
      .executeTakeFirst();
    const block = row?.last_block ?? -1;
    for (const table of ["pages", "network_states"] as const) {
      await sql
        .deleteFrom(table)
        .where("deployment", "=", deployment.id)
        .where("last_block", ">", block)
        .execute();
    }
    for (const table of ["network_facts", "network_statements"] as const) {
      await sql
        .deleteFrom(table)
        .where("deployment", "=", deployment.id)
        .where("block", ">", block)
        .execute();
    }
    const after = row && endOfPage(row, before);
    await movePosition(sql, deployment, after);
    return after;
  });
}

/** What the database's last page left. */
export function readState(database: Database, deployment: Deployment): Promise<NetworkState> {
  return database.read(async (sql) => (await lastState(sql, deployment)).state);
}

/** A state from before `time`, and the pages since, one after the other; the first may begin long before. */
export async function* factsFrom(
  database: Database,
  deployment: Deployment,
  time: number,
): AsyncGenerator<{
  readonly opening?: NetworkState;
  readonly facts: readonly Fact[];
  readonly last: number;
}> {
  const { id } = deployment;
  const opening = await database.read((sql) =>
    sql
      .selectFrom("network_states")
      .innerJoin("pages", (join) =>
        join
          .onRef("pages.deployment", "=", "network_states.deployment")
          .onRef("pages.last_block", "=", "network_states.last_block"),
      )
      .select(["network_states.last_block", "state"])
      .where("network_states.deployment", "=", id)
      .where("pages.last_time", "<", time)
      .orderBy("network_states.last_block", "desc")
      .limit(1)
      .executeTakeFirst(),
  );
  const state = opening === undefined ? emptyState() : unpack<NetworkState>(new Uint8Array(opening.state));
  yield { opening: state, facts: [], last: -1 };
  for (let from = opening?.last_block ?? -1; ; ) {
    const page = await database.read((sql) => nextPage(sql, id, from));
    if (page === undefined) return;
    from = page.last_block;
    yield { facts: unpack<PageFacts>(new Uint8Array(page.logs)).facts, last: page.last_time };
  }
}

/** The facts of the pages that end after a block, page by page. */
export async function* factsAfter(
  database: Database,
  { id }: Deployment,
  block: bigint,
): AsyncGenerator<readonly Fact[]> {
  for (let from = Number(block); ; ) {
    const page = await database.read((sql) => nextPage(sql, id, from));
    if (page === undefined) return;
    from = page.last_block;
    yield unpack<PageFacts>(new Uint8Array(page.logs)).facts;
  }
}

function nextPage(sql: Sql, deployment: number, from: number) {
  return sql
    .selectFrom("pages")
    .select(["last_block", "last_time", "logs"])
    .where("deployment", "=", deployment)
    .where("last_block", ">", from)
    .orderBy("last_block")
    .limit(1)
    .executeTakeFirst();
}

/** The last page that ends at a block or before, and how its logs hash up to there. */
export async function logsUpTo(
  database: Database,
  { id }: Deployment,
  block: bigint,
): Promise<{ readonly block: number; readonly logs: LogChain } | undefined> {
  const page = await database.read((sql) =>
    sql
      .selectFrom("pages")
      .select(["last_block", "logs"])
      .where("deployment", "=", id)
      .where("last_block", "<=", Number(block))
      .orderBy("last_block", "desc")
      .limit(1)
      .executeTakeFirst(),
  );
  if (page === undefined) return undefined;
  return { block: page.last_block, logs: unpack<PageFacts>(new Uint8Array(page.logs)).logs };
}

/** Late facts of some kinds whose `at` lies in [from, to), in chain order. */
export async function lateFacts<Kind extends LateFact["kind"]>(
  database: Database,
  { id }: Deployment,
  kinds: readonly Kind[],
  { from = 0, to = Number.MAX_SAFE_INTEGER }: { readonly from?: number; readonly to?: number } = {},
): Promise<(Extract<LateFact, { kind: Kind }> & { readonly block: number })[]> {
  const rows = await database.read((sql) =>
    sql
      .selectFrom("network_facts")
      .select(["fact", "block"])
      .where("deployment", "=", id)
      .where("kind", "in", [...kinds])
      .where("at", ">=", from)
      .where("at", "<", to)
      .orderBy("block")
      .orderBy("number")
      .execute(),
  );
  return rows.map(({ fact, block }) => ({ ...fromText<Extract<LateFact, { kind: Kind }>>(fact), block }));
}

/** What is remembered of a deployment beside its logs: keccak256 of code by address, and unanswered views. */
export interface Remembered {
  readonly pins: ReadonlyMap<Address, Hex>;
  readonly unanswered: readonly string[];
}

/** Nothing is remembered before the first sync. */
export async function readRemembered(database: Database, { id }: Deployment): Promise<Remembered> {
  const row = await database.read((sql) =>
    sql
      .selectFrom("networks")
      .select(["code_hashes", "unanswered"])
      .where("deployment", "=", id)
      .executeTakeFirst(),
  );
  return {
    pins: new Map(Object.entries(JSON.parse(row?.code_hashes ?? "{}")) as [Address, Hex][]),
    unanswered: JSON.parse(row?.unanswered ?? "[]"),
  };
}

/** In the place of what was remembered before. */
export async function remember(
  database: Database,
  { id }: Deployment,
  { pins, unanswered }: Remembered,
): Promise<void> {
  const values = {
    code_hashes: JSON.stringify(Object.fromEntries(pins)),
    unanswered: JSON.stringify(unanswered),
  };
  await database.write((sql) =>
    sql
      .insertInto("networks")
      .values({ deployment: id, ...values })
      .onConflict((conflict) => conflict.column("deployment").doUpdateSet(values))
      .execute(),
  );
}
