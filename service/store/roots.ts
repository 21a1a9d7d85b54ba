// SPDX-License-Identifier: AGPL-3.0-only
import type { PostLog } from "../core/distributor-history.ts";
import type { Address } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import { type Deployment, type Position, positionIn } from "./deployment.ts";
import { postsIn } from "./distributor-history.ts";
import { listing, rowsOf } from "./listing.ts";

/** What a prover was paid by the distributor so far, in wei. */
export interface Paid {
  readonly claimed: bigint;
  readonly claimedCommission: bigint;
}

/** The distributor's posts and claims at the synced block. */
export interface Roots {
  readonly position: Position;
  /** In the order of their numbers, vetoed ones included. */
  readonly posts: readonly PostLog[];
  /** Of those who claimed after the block that was asked for, if it still stands; otherwise of all. */
  readonly paid: ReadonlyMap<Address, Paid>;
  readonly paidSince: bigint | undefined;
}

/** Everything of one moment; `since` is what an earlier reading gave. Undefined if nothing was synced yet. */
export function readRoots(
  database: Database,
  deployment: Deployment,
  since?: Pick<Position, "block" | "hash">,
): Promise<Roots | undefined> {
  return database.read(async (sql) => {
    const position = await positionIn(sql, deployment);
    if (position === undefined) return undefined;
    const stands = since !== undefined && (await endsPage(sql, deployment, since));
    const paidSince = stands ? since.block : undefined;
    return {
      position,
      posts: await postsIn(sql, deployment),
      paid: await paidAfter(sql, deployment, paidSince ?? -1n),
      paidSince,
    };
  });
}

async function endsPage(
  sql: Sql,
  { id }: Deployment,
  { block, hash }: Pick<Position, "block" | "hash">,
): Promise<boolean> {
  const page = await sql
    .selectFrom("pages")
    .select("last_hash")
    .where("deployment", "=", id)
    .where("last_block", "=", Number(block))
    .executeTakeFirst();
  return page?.last_hash === hash;
}

const COLUMNS = ["provers.prover", "claims.cumulative", "claims.commission"] as const;
/** How many provers are read at a time. */
const PORTION = 10_000;

async function paidAfter(sql: Sql, { id }: Deployment, block: bigint): Promise<Map<Address, Paid>> {
  const paid = new Map<Address, Paid>();
  const claimed = sql
    .selectFrom("claims")
    .where("claims.deployment", "=", id)
    .where("claims.block", ">", Number(block));
  const { first, last } = await claimed
    .select(({ fn }) => [fn.min("claims.prover").as("first"), fn.max("claims.prover").as("last")])
    .executeTakeFirstOrThrow();
  for (let from = first ?? 0; from <= (last ?? -1); from += PORTION) {
    const { listing: text } = await claimed
      .innerJoin("provers", (join) =>
        join.onRef("provers.deployment", "=", "claims.deployment").onRef("provers.id", "=", "claims.prover"),
      )
      .select(listing(COLUMNS, ["claims.prover", "claims.number"]))
      .where("claims.prover", ">=", from)
      .where("claims.prover", "<", from + PORTION)
      .executeTakeFirstOrThrow();
    // Of several claims of one prover the last stays.
    for (const [prover, cumulative, commission] of rowsOf<typeof COLUMNS>(text)) {
      paid.set(prover as Address, { claimed: BigInt(cumulative), claimedCommission: BigInt(commission) });
    }
  }
  return paid;
}
