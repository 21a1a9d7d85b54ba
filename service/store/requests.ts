// SPDX-License-Identifier: AGPL-3.0-only
import type { Selectable } from "kysely";
import type { Address, Hex } from "../core/types.ts";
import type { Database } from "./database.ts";
import { type Deployment, type Position, positionIn } from "./deployment.ts";
import { type Asked, askedFrom, type Happened, happenedFrom } from "./request-texts.ts";
import type { Tables } from "./tables.ts";

/** A request, what became of it, and when it was made if that is known, in seconds. */
export interface RequestRecord extends Asked {
  readonly id: Hex;
  readonly requester: Address;
  readonly bond: bigint;
  readonly block: number;
  readonly openedAt: bigint | undefined;
  readonly happened: readonly Happened[];
  /** Who leads, or is assigned. */
  readonly prover: Address | undefined;
  readonly endedIn: number | undefined;
}

export interface RequestPage {
  readonly synced: Position | undefined;
  /** The newest first. */
  readonly requests: readonly RequestRecord[];
  /** Give it as `before` for the next page. */
  readonly next: Hex | undefined;
}

export interface ListRequestsParams {
  readonly limit: number;
  readonly before?: Hex | undefined;
  readonly which: "all" | "open" | "ended";
  readonly requester?: Address | undefined;
  /** Who leads, or is assigned. */
  readonly prover?: Address | undefined;
}

/** A page of requests that a filter lets through, the newest first; an unknown `before` begins at the newest. */
export function listRequests(
  database: Database,
  deployment: Deployment,
  { limit, before, which, requester, prover }: ListRequestsParams,
): Promise<RequestPage> {
  return database.read(async (sql) => {
    const from =
      before === undefined
        ? undefined
        : await sql
            .selectFrom("requests")
            .select(["block", "log_index"])
            .where("deployment", "=", deployment.id)
            .where("id", "=", before)
            .executeTakeFirst();
    const rows = await sql
      .selectFrom("requests")
      .selectAll()
      .where("deployment", "=", deployment.id)
      .$if(which === "open", (query) => query.where("ended_in", "is", null))
      .$if(which === "ended", (query) => query.where("ended_in", "is not", null))
      .$if(requester !== undefined, (query) => query.where("requester", "=", requester as string))
      .$if(prover !== undefined, (query) => query.where("prover", "=", prover as string))
      .$if(from !== undefined, (query) =>
        query.where(({ eb, or, and }) =>
          or([
            eb("block", "<", from?.block as number),
            and([eb("block", "=", from?.block as number), eb("log_index", "<", from?.log_index as number)]),
          ]),
        ),
      )
      .orderBy("block", "desc")
      .orderBy("log_index", "desc")
      .limit(limit + 1)
      .execute();
    const requests = rows.slice(0, limit).map(requestFrom);
    const next = rows.length > limit ? requests.at(-1)?.id : undefined;
    return { synced: await positionIn(sql, deployment), requests, next };
  });
}

/** Undefined if no synced log asks for it. */
export function findRequest(
  database: Database,
  { id: deployment }: Deployment,
  id: Hex,
): Promise<RequestRecord | undefined> {
  return database.read(async (sql) => {
    const row = await sql
      .selectFrom("requests")
      .selectAll()
      .where("deployment", "=", deployment)
      .where("id", "=", id)
      .executeTakeFirst();
    return row && requestFrom(row);
  });
}

function requestFrom(row: Selectable<Tables["requests"]>): RequestRecord {
  return {
    ...askedFrom(row.asked),
    id: row.id as Hex,
    requester: row.requester as Address,
    bond: BigInt(row.bond),
    block: row.block,
    openedAt: row.opened_at === null ? undefined : BigInt(row.opened_at),
    happened: happenedFrom(row.events),
    prover: (row.prover as Address | null) ?? undefined,
    endedIn: row.ended_in ?? undefined,
  };
}

/**
 * The fee, in wei, that the leader is paid: the second-lowest that was revealed, or its own if alone; undefined while
 * nobody has revealed.
 */
export function priceOf({ happened }: Pick<RequestRecord, "happened">): bigint | undefined {
  const paid = happened.find((one) => one.kind === "fulfilled");
  if (paid?.kind === "fulfilled") return paid.fee;
  const fees = happened.flatMap((one) => (one.kind === "revealed" ? [one.fee] : []));
  fees.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return fees[1] ?? fees[0];
}
