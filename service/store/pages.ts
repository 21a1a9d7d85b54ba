// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import type { Deployment } from "./deployment.ts";

/** All logs of our events that the deployment's contracts logged in some blocks, those without logs included. */
export interface Page {
  /** The block after the stored position, or the deployment's `startBlock` if there is none. */
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  /** The hash of the block before the first, as whoever made the page knows it; undefined if nothing is stored yet. */
  readonly parentHash: Hex | undefined;
  readonly lastHash: Hex;
  /** The last block's timestamp. */
  readonly lastTime: bigint;
  /** What rewards follow from, by `packLogs`; of vaults that register within the page, too. It is kept. */
  readonly logs: Uint8Array;
  /** What auctions are followed by, by `packLogs`; undefined if there is nothing. */
  readonly auctions?: Uint8Array | undefined;
  /** What shares, votes and standings are followed by, likewise. It is kept. */
  readonly stakes?: Uint8Array | undefined;
  /** When and by which transaction logs were made that do not say it themselves, as far as the endpoint did. */
  readonly places?: readonly LogPlace[] | undefined;
}

export interface LogPlace {
  readonly blockNumber: number;
  readonly logIndex: number;
  /** In seconds. */
  readonly time?: number | undefined;
  readonly transaction?: Hex | undefined;
}

/** Where a page ends. */
export interface Boundary {
  readonly block: bigint;
  readonly hash: Hex;
  readonly time: bigint;
}

export interface RecentPagesParams {
  readonly limit: number;
  /** Those that end before this block; the newest, if it is not given. */
  readonly before?: bigint | undefined;
}

/** The ends of the pages, the newest first: where one's hash is not the chain's any more, the blocks were replaced. */
export async function recentPages(
  database: Database,
  { id }: Deployment,
  { limit, before }: RecentPagesParams,
): Promise<Boundary[]> {
  const rows = await database.read((sql) =>
    sql
      .selectFrom("pages")
      .select(["last_block", "last_hash", "last_time"])
      .where("deployment", "=", id)
      .$if(before !== undefined, (query) => query.where("last_block", "<", Number(before)))
      .orderBy("last_block", "desc")
      .limit(limit)
      .execute(),
  );
  return rows.map(({ last_block, last_hash, last_time }) => ({
    block: BigInt(last_block),
    hash: last_hash as Hex,
    time: BigInt(last_time),
  }));
}

/** A page as it is kept. */
interface StoredPage {
  readonly last_block: number;
  readonly last_time: number;
  readonly logs: Uint8Array;
  /** Null if it has none; left out if they were not asked for. */
  readonly stakes?: Uint8Array | null;
}

/** The pages that end at a time or later, one at a time: an epoch's may not fit into memory together. */
export async function* pagesFrom(
  sql: Sql,
  { id }: Deployment,
  start: bigint,
  withStakes: "with stakes" | "logs only",
): AsyncGenerator<StoredPage> {
  for (let from = -1; ; ) {
    const page = await sql
      .selectFrom("pages")
      .select(["last_block", "last_time", "logs"])
      .$if(withStakes === "with stakes", (query) => query.select("stakes"))
      .where("deployment", "=", id)
      .where("last_time", ">=", Number(start))
      .where("last_block", ">", from)
      .orderBy("last_block")
      .limit(1)
      .executeTakeFirst();
    if (page === undefined) return;
    from = page.last_block;
    yield page;
  }
}
