// SPDX-License-Identifier: AGPL-3.0-only
import { commissionAt, DEFAULT_SOURCE, type RateChange } from "../core/commission.ts";
import { NO_OVERRIDE } from "../core/ids.ts";
import { type Priced, sharePriceOf } from "../core/share-price.ts";
import type { Address } from "../core/types.ts";
import type { Database, Sql } from "./database.ts";
import { type Deployment, type Position, positionIn } from "./deployment.ts";
import { epochOf, startOf } from "./epochs.ts";
import { lastOf } from "./last-row.ts";
import { listing, rowsOf } from "./listing.ts";
import { RATE_COLUMNS, ratesIn } from "./prover-events.ts";
import { pricedFrom } from "./provers.ts";
import { askedFrom } from "./request-texts.ts";

/** A prover by what lists are sorted and searched by; rates in basis points. */
export interface DirectoryEntry {
  readonly id: number;
  readonly prover: Address;
  readonly vault: Address;
  readonly registeredAt: bigint;
  readonly state: "active" | "inactive" | "jailed";
  readonly priced: Priced;
  readonly fulfilments: number;
  readonly misses: number;
  readonly fees: Rate;
  readonly rewards: Rate;
}

/** A commission in force, and what it becomes when. */
export interface Rate {
  readonly bps: number;
  readonly announced: { readonly bps: number; readonly at: bigint } | undefined;
}

export interface Directory {
  readonly position: Position;
  /** By address. */
  readonly entries: readonly DirectoryEntry[];
}

/** All provers as of the synced block; undefined if nothing was synced yet. */
export function readDirectory(database: Database, deployment: Deployment): Promise<Directory | undefined> {
  return database.read(async (sql) => {
    const position = await positionIn(sql, deployment);
    if (position === undefined) return undefined;
    const provers = await registered(sql, deployment);
    const vaults = await vaultsUpTo(sql, deployment, Number.MAX_SAFE_INTEGER);
    const totals = await totalsOf(sql, deployment);
    const standings = await standingsOf(sql, deployment);
    const changes = await changesOf(sql, deployment);
    const entries = provers.map(({ id, prover, vault, registeredAt }) => {
      const own = changes.get(id) ?? [];
      return {
        ...{ id, prover, vault, registeredAt },
        state: STATES[standings.get(id) ?? 1] ?? "active",
        priced: vaults.get(id) ?? NOTHING,
        ...(totals.get(id) ?? { fulfilments: 0, misses: 0 }),
        fees: rateOf(own, deployment.market, position.time),
        rewards: rateOf(own, deployment.distributor, position.time),
      };
    });
    return { position, entries };
  });
}

/** By their numbers in the registry. */
export const STATES = [undefined, "active", "inactive", "jailed"] as const;
const NOTHING = pricedFrom({ active: "0", shares: "0", vesting: "0,0,0,1" });
const PROVERS = ["id", "prover", "vault", "registered_at"] as const;

async function registered(sql: Sql, { id }: Deployment) {
  const found = await sql
    .selectFrom("provers")
    .select(listing(PROVERS, ["prover"]))
    .where("deployment", "=", id)
    .executeTakeFirstOrThrow();
  return Array.from(rowsOf<typeof PROVERS>(found.listing), ([number, prover, vault, at]) => ({
    id: Number(number),
    prover: prover as Address,
    vault: vault as Address,
    registeredAt: BigInt(at),
  }));
}

const VAULTS = ["own.prover", "own.active", "own.shares", "own.vesting"] as const;

/** Each vault as its last change up to an epoch's end left it. */
async function vaultsUpTo(sql: Sql, { id }: Deployment, epoch: number): Promise<Map<number, Priced>> {
  const most = Math.min(epoch, MAX_EPOCH);
  const found = await sql
    .selectFrom("provers")
    .innerJoin("epoch_activity as own", (join) =>
      join
        .onRef("own.deployment", "=", "provers.deployment")
        .onRef("own.prover", "=", "provers.id")
        .on("own.epoch", "=", lastOf("epoch_activity", "epoch", { column: "epoch", most })),
    )
    .select(listing(VAULTS, ["own.prover"]))
    .where("provers.deployment", "=", id)
    .executeTakeFirstOrThrow();
  // What vests is a text of several numbers, the last of the row.
  return new Map(
    Array.from(rowsOf<typeof VAULTS>(found.listing), ([prover, active, shares, ...vesting]) => [
      Number(prover),
      pricedFrom({ active, shares, vesting: vesting.join() }),
    ]),
  );
}

const MAX_EPOCH = 2 ** 31 - 1;

async function totalsOf(sql: Sql, { id }: Deployment) {
  const rows = await sql
    .selectFrom("epoch_activity")
    .select(["prover", ({ fn }) => fn.sum<number>("fulfilments").as("fulfilments")])
    .select(({ fn }) => fn.sum<number>("misses").as("misses"))
    .where("deployment", "=", id)
    .groupBy("prover")
    .execute();
  return new Map(
    rows.map(({ prover, fulfilments, misses }) => [
      prover,
      { fulfilments: Number(fulfilments), misses: Number(misses) },
    ]),
  );
}

async function standingsOf(sql: Sql, { id }: Deployment): Promise<Map<number, number>> {
  const rows = await sql
    .selectFrom("standings")
    .select(["prover", "state"])
    .where("deployment", "=", id)
    .orderBy("block")
    .orderBy("log_index")
    .execute();
  return new Map(rows.map(({ prover, state }) => [prover, state]));
}

async function changesOf(sql: Sql, { id }: Deployment): Promise<Map<number, RateChange[]>> {
  const found = await sql
    .selectFrom("commissions")
    .select(listing(RATE_COLUMNS, ["prover", "sequence"]))
    .where("deployment", "=", id)
    .executeTakeFirstOrThrow();
  return new Map(ratesIn(found.listing));
}

/** What binds a vault's stake, at the synced block. */
export interface Collateral {
  /** Shares that are the prover's own. */
  readonly own: bigint;
  /** What its open assignments and unrevealed bids could be slashed by, in wei: of the deployment's own market. */
  readonly locked: bigint;
  /** What exits are worth that were not taken out, in wei, but for roundings: a slash takes of it as of the stake. */
  readonly unbonding: bigint;
}

/** By the provers' numbers; whoever has nothing of it is left out. */
export function readCollateral(
  database: Database,
  deployment: Deployment,
): Promise<ReadonlyMap<number, Collateral>> {
  return database.read(async (sql) => {
    const held = await ownShares(sql, deployment);
    const locked = await locksOf(sql, deployment);
    const unbonding = await unbondingOf(sql, deployment);
    return new Map(
      [...new Set([...held.keys(), ...locked.keys(), ...unbonding.keys()])].map((prover) => [
        prover,
        {
          own: held.get(prover) ?? 0n,
          locked: locked.get(prover) ?? 0n,
          unbonding: unbonding.get(prover) ?? 0n,
        },
      ]),
    );
  });
}

const HELD = ["own.prover", "own.held"] as const;

async function ownShares(sql: Sql, { id }: Deployment): Promise<Map<number, bigint>> {
  const found = await sql
    .selectFrom("provers")
    .innerJoin("moves as own", (join) =>
      join
        .onRef("own.deployment", "=", "provers.deployment")
        .onRef("own.holder", "=", "provers.prover")
        .onRef("own.prover", "=", "provers.id")
        .on("own.number", "=", ({ selectFrom }) =>
          selectFrom("moves as last")
            .select(({ fn }) => fn.max("last.number").as("number"))
            .whereRef("last.deployment", "=", "provers.deployment")
            .whereRef("last.holder", "=", "provers.prover")
            .whereRef("last.prover", "=", "provers.id"),
        ),
    )
    .select(listing(HELD, ["own.prover"]))
    .where("provers.deployment", "=", id)
    .executeTakeFirstOrThrow();
  return new Map(
    Array.from(rowsOf<typeof HELD>(found.listing), ([prover, held]) => [Number(prover), BigInt(held)]),
  );
}

/** A leader's lock lasts until its request ends, a bond until it is revealed or forfeited: also after that. */
async function locksOf(sql: Sql, { id }: Deployment): Promise<Map<number, bigint>> {
  const led = await sql
    .selectFrom("requests")
    .innerJoin("provers", (join) =>
      join
        .onRef("provers.deployment", "=", "requests.deployment")
        .onRef("provers.prover", "=", "requests.prover"),
    )
    .select(["provers.id", "requests.asked"])
    .where("requests.deployment", "=", id)
    .where("requests.ended_in", "is", null)
    .execute();
  const sealed = await sql
    .selectFrom("bids")
    .innerJoin("requests", (join) =>
      join.onRef("requests.deployment", "=", "bids.deployment").onRef("requests.id", "=", "bids.request"),
    )
    .innerJoin("provers", (join) =>
      join.onRef("provers.deployment", "=", "bids.deployment").onRef("provers.prover", "=", "bids.prover"),
    )
    .select(["provers.id", "requests.bond"])
    .where("bids.deployment", "=", id)
    .where("bids.unsealed_in", "is", null)
    .execute();
  const locks = new Map<number, bigint>();
  const add = (prover: number, amount: bigint) => locks.set(prover, (locks.get(prover) ?? 0n) + amount);
  for (const { id: prover, asked } of led) add(prover, askedFrom(asked).lockAmount);
  for (const { id: prover, bond } of sealed) add(prover, BigInt(bond));
  return locks;
}

/** What exits were priced at, less what was taken out of them, and what slashes took. */
async function unbondingOf(sql: Sql, { id }: Deployment): Promise<Map<number, bigint>> {
  const exits = await sql
    .selectFrom("exits")
    .select(listing(["prover", "assets"], ["prover"]))
    .where("deployment", "=", id)
    .executeTakeFirstOrThrow();
  const claims = await sql
    .selectFrom("moves")
    .select(listing(["prover", "assets"], ["prover"]))
    .where("deployment", "=", id)
    .where("kind", "=", "claim")
    .executeTakeFirstOrThrow();
  const slashes = await sql
    .selectFrom("slashes")
    .select(listing(["prover", "from_unbonding"], ["prover"]))
    .where("deployment", "=", id)
    .executeTakeFirstOrThrow();
  const left = new Map<number, bigint>();
  const add = (text: string | null, sign: bigint) => {
    for (const [prover, assets] of rowsOf<readonly ["prover", "assets"]>(text)) {
      left.set(Number(prover), (left.get(Number(prover)) ?? 0n) + sign * BigInt(assets));
    }
  };
  add(exits.listing, 1n);
  add(claims.listing, -1n);
  add(slashes.listing, -1n);
  return left;
}

/** What a source pays at `time`, in seconds, in bps, and what it will pay from when on. */
export function rateOf(changes: readonly RateChange[], source: Address, time: bigint): Rate {
  const bps = commissionAt(changes, source, time);
  const scheduled = changes.filter(
    (change) => change.effectiveAt > time && (change.source === source || change.source === DEFAULT_SOURCE),
  );
  const after = scheduled
    .map(({ effectiveAt: at }) => ({ at, bps: commissionAt(changes, source, at) }))
    .filter((next) => next.bps !== bps && next.bps !== NO_OVERRIDE)
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  return { bps, announced: after[0] };
}

/** What 10^18 shares were worth when a window began: undefined if the prover was not there, or without shares. */
export interface Anchor {
  /** The end of an epoch, in seconds. */
  readonly from: bigint;
  readonly epoch: number;
  readonly prices: ReadonlyMap<number, bigint>;
}

/**
 * Share prices, in wei for 10^18 shares, of all provers at the last end of an epoch that is at least so many seconds
 * before the synced block; undefined if there is none.
 */
export function readAnchor(
  database: Database,
  deployment: Deployment,
  { position, seconds }: { readonly position: Position; readonly seconds: bigint },
): Promise<Anchor | undefined> {
  const epoch = epochOf(deployment, position.time - seconds) - 1;
  if (epoch < -1 || position.time - seconds < deployment.clockStart) return Promise.resolve(undefined);
  const from = epoch === -1 ? deployment.clockStart : startOf(deployment, epoch + 1);
  return database.read(async (sql) => {
    const vaults = await vaultsUpTo(sql, deployment, epoch);
    const prices = new Map<number, bigint>();
    for (const [id, priced] of vaults) {
      const price = sharePriceOf(priced, from);
      if (price !== undefined) prices.set(id, price);
    }
    return { from, epoch, prices };
  });
}
