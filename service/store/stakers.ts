// SPDX-License-Identifier: AGPL-3.0-only
import type { Selectable } from "kysely";
import { type Priced, roundingOf, sharePriceOf, vestingFor, worthOf } from "../core/share-price.ts";
import type { Address } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import { type Deployment, type Position, positionIn } from "./deployment.ts";
import { type Holding, holdingFrom, NOTHING_HELD } from "./fold-stakes.ts";
import { latestActivity } from "./latest.ts";
import type { Tables } from "./tables.ts";

/** What is left of an exit: its vault decides what it is worth. */
export interface ExitRecord {
  readonly number: number;
  /** Not claimed. */
  readonly shares: bigint;
  readonly poolShares: bigint;
  readonly generation: bigint;
  /** What the whole of it was priced at. */
  readonly priced: bigint;
  readonly requestedAt: bigint;
  /** The first second in which it may be claimed. */
  readonly dueAt: bigint;
}

export interface PositionRecord extends Holding {
  readonly prover: Address;
  readonly vault: Address;
  /** What its shares are worth at the synced block, in wei. */
  readonly worth: bigint;
  /** What its shares will be worth besides, once all has vested, in wei. */
  readonly vesting: bigint;
  /** What of its gain, up or down, may be roundings alone, in wei. */
  readonly rounding: bigint;
  /** The oldest first. */
  readonly exits: readonly ExitRecord[];
}

export interface StakerRecord {
  readonly synced: Position | undefined;
  /** By the prover's address. */
  readonly positions: readonly PositionRecord[];
}

/** What an address has, or had, in all vaults. */
export function readStaker(
  database: Database,
  deployment: Deployment,
  holder: Address,
): Promise<StakerRecord> {
  return database.read(async (sql) => {
    const synced = await positionIn(sql, deployment);
    if (synced === undefined) return { synced, positions: [] };
    const holdings = await holdingsOf(sql, deployment, holder);
    const exits = await exitsOf(sql, deployment, holder);
    const ids = [...new Set([...holdings.keys(), ...exits.keys()])];
    if (ids.length === 0) return { synced, positions: [] };
    const provers = await sql
      .selectFrom("provers")
      .select(["id", "prover", "vault"])
      .where("deployment", "=", deployment.id)
      .where("id", "in", ids)
      .orderBy("prover")
      .execute();
    const activity = await latestActivity(sql, deployment, ids);
    return {
      synced,
      positions: provers.map(({ id, prover, vault }) => {
        const { conversions, ...holding } = holdings.get(id) ?? { ...NOTHING_HELD, conversions: 0 };
        const priced = activity.get(id)?.vault as Priced;
        return {
          ...holding,
          prover: prover as Address,
          vault: vault as Address,
          worth: worthOf(priced, holding.held, synced.time),
          vesting: vestingFor(priced, holding.held, synced.time),
          rounding: roundingOf(conversions, sharePriceOf(priced, synced.time) ?? 0n),
          exits: exits.get(id) ?? [],
        };
      }),
    };
  });
}

async function holdingsOf(
  sql: Sql,
  { id: deployment }: Deployment,
  holder: Address,
): Promise<Map<number, Holding & { readonly conversions: number }>> {
  const rows = await sql
    .selectFrom("moves as own")
    .select(["prover", "held", "put_in", "taken_out"])
    .select(({ selectFrom }) =>
      selectFrom("moves as priced")
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .where("priced.deployment", "=", deployment)
        .where("priced.holder", "=", holder)
        .whereRef("priced.prover", "=", "own.prover")
        .where("priced.kind", "!=", "claim")
        .as("conversions"),
    )
    .where("deployment", "=", deployment)
    .where("holder", "=", holder)
    .where("number", "=", ({ selectFrom }) =>
      selectFrom("moves as last")
        .select(({ fn }) => fn.max("last.number").as("number"))
        .where("last.deployment", "=", deployment)
        .where("last.holder", "=", holder)
        .whereRef("last.prover", "=", "own.prover"),
    )
    .execute();
  return new Map(
    rows.map((row) => [row.prover, { ...holdingFrom(row), conversions: Number(row.conversions) }]),
  );
}

/** By prover. Claims take the oldest exits first. */
async function exitsOf(
  sql: Sql,
  deployment: Deployment,
  controller: Address,
): Promise<Map<number, ExitRecord[]>> {
  const rows = await sql
    .selectFrom("exits")
    .selectAll()
    .where("deployment", "=", deployment.id)
    .where("controller", "=", controller)
    .orderBy("prover")
    .orderBy("number")
    .execute();
  const claims = await sql
    .selectFrom("moves")
    .select(["prover", "shares"])
    .where("deployment", "=", deployment.id)
    .where("holder", "=", controller)
    .where("kind", "=", "claim")
    .execute();
  const claimed = new Map<number, bigint>();
  for (const { prover, shares } of claims) claimed.set(prover, (claimed.get(prover) ?? 0n) + BigInt(shares));
  const found = new Map<number, ExitRecord[]>();
  for (const row of rows) {
    const shares = BigInt(row.shares);
    const before = claimed.get(row.prover) ?? 0n;
    const taken = before < shares ? before : shares;
    claimed.set(row.prover, before - taken);
    if (taken === shares) continue;
    found.set(row.prover, [...(found.get(row.prover) ?? []), exitOf(row, taken, deployment)]);
  }
  return found;
}

function exitOf(row: Selectable<Tables["exits"]>, taken: bigint, { unbondingDelay }: Deployment): ExitRecord {
  const shares = BigInt(row.shares);
  const poolShares = BigInt(row.pool_shares);
  const requestedAt = BigInt(row.time);
  return {
    number: row.number,
    shares: shares - taken,
    // As the lens has it: what a part takes is rounded down.
    poolShares: poolShares - (poolShares * taken) / shares,
    generation: BigInt(row.generation),
    priced: BigInt(row.assets),
    requestedAt,
    dueAt: requestedAt + unbondingDelay + 1n,
  };
}

/** A vault's unbonding pool. */
export interface Pool {
  readonly assets: bigint;
  readonly shares: bigint;
  readonly generation: bigint;
}

const GENERATIONS_TO_NOTHING = 5n;
const PER_GENERATION = 1_000_000_000n;

/** What is left of an exit is worth in the vault's pool, in wei, rounded down. */
export function exitWorth({ poolShares, generation }: ExitRecord, pool: Pool): bigint {
  const age = pool.generation - generation;
  if (age >= GENERATIONS_TO_NOTHING || pool.shares === 0n) return 0n;
  return ((poolShares / PER_GENERATION ** age) * pool.assets) / pool.shares;
}

export interface MovePage {
  readonly synced: Position | undefined;
  /** The newest first. */
  readonly moves: readonly (Omit<Selectable<Tables["moves"]>, "prover"> & { readonly prover: string })[];
  readonly next: number | undefined;
}

/** A page of what a holder did in all vaults, the newest first; amounts in wei, as decimal strings. */
export function listMoves(
  database: Database,
  deployment: Deployment,
  { holder, limit, before }: { holder: Address; limit: number; before: number | undefined },
): Promise<MovePage> {
  return database.read(async (sql) => {
    const rows = await sql
      .selectFrom("moves")
      .innerJoin("provers", (join) =>
        join.onRef("provers.deployment", "=", "moves.deployment").onRef("provers.id", "=", "moves.prover"),
      )
      .selectAll("moves")
      .select("provers.prover as prover")
      .where("moves.deployment", "=", deployment.id)
      .where("moves.holder", "=", holder)
      .$if(before !== undefined, (query) => query.where("moves.number", "<", before as number))
      .orderBy("moves.number", "desc")
      .limit(limit + 1)
      .execute();
    const moves = rows.slice(0, limit) as unknown as MovePage["moves"];
    const next = rows.length > limit ? moves.at(-1)?.number : undefined;
    return { synced: await positionIn(sql, deployment), moves, next };
  });
}
