// SPDX-License-Identifier: AGPL-3.0-only
import { CompiledQuery, sql as text } from "kysely";
import type { ColumnTypes, Connection, Sql } from "./database.ts";
import { StoreError } from "./store.ts";

/** Each is written once and never changed afterwards; a new one goes to the end, and its number is its position. */
const MIGRATIONS: readonly ((types: ColumnTypes) => readonly string[])[] = [tables];

/** The version of the tables of release 0.1, of which nothing is read. */
const REFUSED = 1;
/** The first version whose rows are kept: the tables of those before it had several shapes under one number. */
const FIRST = 4;
const LATEST = FIRST + MIGRATIONS.length - 1;
const VERSIONS = "schema_versions";

/**
 * Brings the tables forward to this release's, one migration after the other.
 * @throws StoreError `newer` or `older` where a release wrote them that this one does not read
 */
export async function migrate(connection: Connection): Promise<void> {
  // A standby takes no statement that writes, also where there is nothing to write.
  if ((await connection.read(currentVersion).catch(ifMissing)) === LATEST) return;
  const create = (sql: Sql) =>
    text`create table if not exists ${text.table(VERSIONS)} (version integer primary key)`.execute(sql);
  // Of two processes that make it at the same time PostgreSQL refuses one.
  await connection.write(create).catch(() => connection.write(create));
  await connection.write(async (sql) => {
    const version = await currentVersion(sql);
    if (version > LATEST) throw newer(connection.where, version);
    if (version > 0 && version <= REFUSED) throw older(connection.where);
    for (const [i, migration] of MIGRATIONS.entries()) {
      const next = FIRST + i;
      if (next <= version) continue;
      // Waits for another process that is at it, and then finds its row.
      const entered = await text`
        insert into ${text.table(VERSIONS)} (version) values (${next}) on conflict do nothing`.execute(sql);
      if (entered.numAffectedRows !== 1n) continue;
      if (i === 0 && version > 0) await dropEarlier(sql);
      for (const statement of migration(connection.types)) {
        await sql.executeQuery(CompiledQuery.raw(statement));
      }
    }
  });
}

/** The tables of versions 2 and 3. What else is in the database is somebody else's. */
const EARLIER = [
  ...["deployments", "pages", "provers", "epoch_activity", "epochs", "misses", "commissions", "claims"],
  ...["segments", "posts", "requests", "bids"],
  ...["networks", "network_states", "network_facts", "network_statements"],
];

/** All that was in them follows from the chain, and is read anew. */
async function dropEarlier(sql: Sql): Promise<void> {
  for (const name of EARLIER) await text`drop table if exists ${text.table(name)}`.execute(sql);
}

/** A new database has no table to look in. */
function ifMissing(error: unknown): undefined {
  if (error instanceof StoreError) throw error;
  return undefined;
}

async function currentVersion(sql: Sql): Promise<number> {
  const { rows } = await text<{ version: number | null }>`
    select max(version) as version from ${text.table(VERSIONS)}`.execute(sql);
  return rows[0]?.version ?? 0;
}

function older(where: string): StoreError {
  return new StoreError(
    "older",
    `the database ${where} is of release 0.1, of which this one reads nothing`,
    "give another data directory or DATABASE_URL: `provender sync` reads the chain anew, and nothing is lost",
  );
}

function newer(where: string, version: number): StoreError {
  return new StoreError(
    "newer",
    `the database ${where} has schema version ${version}; this release knows ${LATEST}`,
    "run the newer release that wrote it, or give another data directory or DATABASE_URL",
  );
}

function tables({ blob, text: hex, clustered }: ColumnTypes): readonly string[] {
  return [
    `create table deployments (
      id integer primary key,
      chain_id ${hex} not null,
      distributor ${hex} not null,
      registry ${hex} not null,
      market ${hex} not null,
      clock_start bigint not null,
      epoch_length bigint not null,
      start_block bigint not null,
      synced_block bigint,
      synced_hash ${hex},
      synced_time bigint,
      checked_block bigint,
      unique (chain_id, distributor)
    )`,
    `create table pages (
      deployment integer not null,
      last_block bigint not null,
      first_block bigint not null,
      last_hash ${hex} not null,
      last_time bigint not null,
      logs ${blob} not null,
      stakes ${blob},
      primary key (deployment, last_block)
    )`,
    `create table provers (
      deployment integer not null,
      id integer not null,
      prover ${hex} not null,
      vault ${hex} not null,
      registered_at bigint not null,
      block bigint not null,
      rolling_hash ${hex} not null,
      primary key (deployment, id),
      unique (deployment, prover),
      unique (deployment, vault)
    )`,
    `create table epoch_activity (
      deployment integer not null,
      epoch integer not null,
      prover integer not null,
      fulfilments bigint not null,
      misses bigint not null,
      work text not null,
      fees text not null,
      protocol_fees text not null,
      active text not null,
      active_seconds text not null,
      rolling_hash ${hex} not null,
      changed_at bigint not null,
      changed_in bigint not null,
      shares text not null default '0',
      vesting text not null default '0,0,0,1',
      income text not null default '0,0,0,0',
      primary key (deployment, prover, epoch)
    )`,
    "create index epoch_activity_by_epoch on epoch_activity (deployment, epoch, prover)",
    `create table epochs (
      deployment integer not null,
      epoch integer not null,
      fulfilments bigint not null,
      fulfilment_accumulator ${hex} not null,
      misses bigint not null,
      miss_accumulator ${hex} not null,
      primary key (deployment, epoch)
    )`,
    `create table misses (
      deployment integer not null,
      deadline_epoch integer not null,
      sequence bigint not null,
      epoch integer not null,
      prover integer not null,
      request_id ${hex} not null,
      deadline bigint not null,
      slashed text not null,
      time bigint not null,
      block bigint not null,
      primary key (deployment, deadline_epoch, sequence)
    )`,
    "create index misses_by_epoch on misses (deployment, epoch)",
    `create table commissions (
      deployment integer not null,
      prover integer not null,
      sequence bigint not null,
      source ${hex} not null,
      bps integer not null,
      announced_at bigint not null,
      effective_at bigint not null,
      rolling_hash ${hex} not null,
      block bigint not null,
      primary key (deployment, prover, sequence)
    )`,
    `create table claims (
      deployment integer not null,
      prover integer not null,
      number bigint not null,
      cumulative text not null,
      commission text not null,
      block bigint not null,
      time bigint,
      primary key (deployment, prover, number)
    )`,
    "create index claims_by_block on claims (deployment, block)",
    `create table segments (
      deployment integer not null,
      number bigint not null,
      from_epoch bigint not null,
      budget text not null,
      policy_hash ${hex} not null,
      policy ${blob} not null,
      block bigint not null,
      primary key (deployment, number)
    )`,
    `create table posts (
      deployment integer not null,
      number bigint not null,
      epoch integer not null,
      root ${hex} not null,
      total text not null,
      dataset_hash ${hex} not null,
      snapshot_block text not null,
      snapshot_hash ${hex} not null,
      claimable_at bigint not null,
      quorum integer not null,
      rolling_hash ${hex} not null,
      block bigint not null,
      vetoed_in bigint,
      veto_rolling_hash ${hex},
      primary key (deployment, number)
    )`,
    `create table bids (
      deployment integer not null,
      request ${hex} not null,
      prover ${hex} not null,
      block bigint not null,
      unsealed_in bigint,
      primary key (deployment, request, prover)
    )`,
    `create table networks (
      deployment integer primary key,
      code_hashes text,
      unanswered text
    )`,
    `create table network_states (
      deployment integer not null,
      last_block bigint not null,
      number bigint not null,
      state ${blob} not null,
      primary key (deployment, last_block)
    )`,
    `create table network_facts (
      deployment integer not null,
      block bigint not null,
      log_index integer not null,
      number integer not null,
      kind ${hex} not null,
      at bigint not null,
      fact text not null,
      primary key (deployment, block, number)
    )`,
    "create index network_facts_by_at on network_facts (deployment, kind, at)",
    `create table network_statements (
      deployment integer not null,
      statement ${blob} not null,
      requester ${blob} not null,
      block bigint not null,
      fee text not null,
      primary key (deployment, statement, requester, block)
    )${clustered}`,
    `create table requests (
      deployment integer not null,
      id ${hex} not null,
      requester ${hex} not null,
      asked ${hex} not null,
      opened_after bigint not null,
      opened_at bigint,
      reveal_seconds bigint not null,
      bond text not null,
      block bigint not null,
      log_index integer not null,
      events ${hex} not null,
      changed_in bigint not null,
      prover ${hex},
      ended_in bigint,
      primary key (deployment, id)
    )`,
    "create index requests_in_order on requests (deployment, block, log_index)",
    "create index requests_open on requests (deployment, block, log_index) where ended_in is null",
    `create table moves (
      deployment integer not null,
      holder ${hex} not null,
      prover integer not null,
      number bigint not null,
      kind ${hex} not null,
      shares text not null,
      assets text not null,
      held text not null,
      put_in text not null,
      taken_out text not null,
      block bigint not null,
      time bigint,
      primary key (deployment, holder, number)
    )`,
    "create index moves_by_prover on moves (deployment, holder, prover, number)",
    "create index moves_by_block on moves (deployment, block)",
    `create table exits (
      deployment integer not null,
      prover integer not null,
      controller ${hex} not null,
      number bigint not null,
      shares text not null,
      assets text not null,
      pool_shares text not null,
      generation bigint not null,
      time bigint not null,
      block bigint not null,
      primary key (deployment, controller, prover, number)
    )`,
    `create table slashes (
      deployment integer not null,
      prover integer not null,
      block bigint not null,
      log_index integer not null,
      from_active text not null,
      from_unbonding text not null,
      cause ${hex} not null,
      request ${hex},
      time bigint,
      primary key (deployment, prover, block, log_index)
    )`,
    `create table votes (
      deployment integer not null,
      block bigint not null,
      log_index integer not null,
      post bigint not null,
      kind ${hex} not null,
      by ${hex} not null,
      time bigint,
      transaction_hash ${hex},
      primary key (deployment, block, log_index)
    )`,
    `create table auditors (
      deployment integer not null,
      block bigint not null,
      log_index integer not null,
      auditor ${hex} not null,
      listed integer not null,
      time bigint,
      primary key (deployment, block, log_index)
    )`,
    `create table standings (
      deployment integer not null,
      prover integer not null,
      block bigint not null,
      log_index integer not null,
      state integer not null,
      time bigint,
      primary key (deployment, prover, block, log_index)
    )`,
  ];
}
