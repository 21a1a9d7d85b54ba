// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../core/types.ts";
import type { Database } from "./database.ts";
import type { Deployment } from "./deployment.ts";

/** An attestation or a veto; its block's time in seconds, if it is known. */
export interface Vote {
  readonly epoch: number;
  readonly postNumber: number;
  readonly kind: "attest" | "veto";
  readonly by: Address;
  readonly block: number;
  readonly time: number | null;
  readonly transaction: Hex | null;
}

/** In chain order, of all posts for the epochs in a range. */
export function readVotes(
  database: Database,
  { id }: Deployment,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<Vote[]> {
  return database.read(async (sql) => {
    const rows = await sql
      .selectFrom("votes")
      .innerJoin("posts", (join) =>
        join.onRef("posts.deployment", "=", "votes.deployment").onRef("posts.number", "=", "votes.post"),
      )
      .select(["posts.epoch", "votes.post", "votes.kind", "votes.by", "votes.block", "votes.time"])
      .select("votes.transaction_hash")
      .where("votes.deployment", "=", id)
      .where("posts.epoch", ">=", first)
      .where("posts.epoch", "<=", last)
      .orderBy("votes.block")
      .orderBy("votes.log_index")
      .execute();
    return rows.map(({ epoch, post, kind, by, block, time, transaction_hash }) => ({
      ...{ epoch, postNumber: post, kind, by: by as Address, block, time },
      transaction: transaction_hash as Hex | null,
    }));
  });
}

export interface ListedAuditor {
  readonly auditor: Address;
  /** The block that listed it, and its time in seconds, if that is known. */
  readonly block: number;
  readonly time: number | null;
}

/** Who is on the list now, by address. */
export function readAuditors(database: Database, { id }: Deployment): Promise<ListedAuditor[]> {
  return database.read(async (sql) => {
    const rows = await sql
      .selectFrom("auditors")
      .selectAll()
      .where("deployment", "=", id)
      .orderBy("block")
      .orderBy("log_index")
      .execute();
    const last = new Map(rows.map((row) => [row.auditor, row]));
    return [...last.values()]
      .filter(({ listed }) => listed === 1)
      .map(({ auditor, block, time }) => ({ auditor: auditor as Address, block, time }))
      .sort((a, b) => (a.auditor < b.auditor ? -1 : 1));
  });
}
