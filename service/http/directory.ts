// SPDX-License-Identifier: AGPL-3.0-only
import { sharePriceOf, worthOf } from "../core/share-price.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Database } from "../store/database.ts";
import type { Deployment, Position } from "../store/deployment.ts";
import {
  type Anchor,
  type Collateral,
  type Directory,
  type DirectoryEntry,
  readAnchor,
  readCollateral,
  readDirectory,
} from "../store/directory.ts";
import { ApiError } from "./errors.ts";
import type { SORTS } from "./schemas/provers.ts";

type Sort = (typeof SORTS)[number];

export const WINDOWS = { days7: 7, days30: 30, days90: 90 } as const;
export type WindowName = keyof typeof WINDOWS;
const DAY = 86_400n;

export interface DirectoryQuery {
  readonly sort: Sort;
  readonly order: "ascending" | "descending";
  readonly search?: string | undefined;
  readonly state?: DirectoryEntry["state"] | undefined;
  /** Where the page before ended. */
  readonly after?: Row | undefined;
  readonly limit: number;
}

interface DirectoryPage {
  readonly position: Position;
  readonly entries: readonly DirectoryEntry[];
  readonly total: number;
  readonly next: string | undefined;
}

/** All provers, read once a block; pages go on where the one before ended, whatever changed meanwhile. */
export interface ProverDirectory {
  readonly page: (query: DirectoryQuery) => Promise<DirectoryPage | undefined>;
  readonly current: () => Promise<Directory | undefined>;
  readonly anchor: (window: WindowName, position: Position) => Promise<Anchor | undefined>;
}

/** Nothing is read until somebody asks; then once for all who ask at the same synced block. */
export function proverDirectory(
  database: Database,
  deployment: Deployment,
  positionOf: () => Promise<Position | undefined>,
): ProverDirectory {
  let kept: { readonly hash: Hex; readonly directory: Promise<Directory | undefined> } | undefined;
  let beside: { readonly hash: Hex; readonly by: Map<string, Promise<unknown>> } | undefined;

  async function current(): Promise<Directory | undefined> {
    const position = await positionOf();
    if (position === undefined) return undefined;
    if (kept?.hash !== position.hash) {
      const directory = readDirectory(database, deployment);
      directory.catch(() => {
        kept = undefined;
      });
      kept = { hash: position.hash, directory };
    }
    return kept.directory;
  }

  /** What few ask for is read when it is. */
  function once<T>(name: string, { hash }: Position, read: () => Promise<T>): Promise<T> {
    if (beside?.hash !== hash) beside = { hash, by: new Map() };
    const { by } = beside;
    const known = by.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const reading = read();
    by.set(name, reading);
    reading.catch(() => by.delete(name));
    return reading;
  }

  function anchor(window: WindowName, position: Position): Promise<Anchor | undefined> {
    const seconds = BigInt(WINDOWS[window]) * DAY;
    return once(window, position, () => readAnchor(database, deployment, { position, seconds }));
  }

  return {
    current,
    anchor,
    async page({ sort, order, search, state, after, limit }) {
      const directory = await current();
      if (directory === undefined) return undefined;
      const { position, entries } = directory;
      const keyOf = await keys(sort, position);
      const part = search?.toLowerCase().replace(/^0x/, "");
      const chosen = entries
        .filter((entry) => state === undefined || entry.state === state)
        .filter(({ prover, vault }) => part === undefined || prover.includes(part) || vault.includes(part))
        .map((entry) => ({ entry, key: keyOf(entry), address: entry.prover }));
      const compare = comparison(order, sort);
      const sorted = chosen.sort(compare).filter((row) => after === undefined || compare(row, after) > 0);
      const page = sorted.slice(0, limit);
      const last = page.at(-1);
      return {
        position,
        entries: page.map(({ entry }) => entry),
        total: chosen.length,
        next: sorted.length > limit && last !== undefined ? cursorOf(last, sort) : undefined,
      };
    },
  };

  async function keys(sort: Sort, position: Position): Promise<(entry: DirectoryEntry) => Key> {
    if (isBound(sort)) {
      const collateral = await once("collateral", position, () => readCollateral(database, deployment));
      return (entry) => BOUND[sort](entry, collateral.get(entry.id) ?? UNBOUND, position);
    }
    const window = SORTED_WINDOWS[sort];
    if (window === undefined) return KEYS[sort as keyof typeof KEYS](position);
    const since = await anchor(window, position);
    return (entry) => {
      const from = since?.prices.get(entry.id);
      const to = sharePriceOf(entry.priced, position.time);
      return from === undefined || to === undefined ? undefined : netPpm(from, to);
    };
  }
}

type Key = bigint | undefined;
interface Row {
  readonly key: Key;
  readonly address: Address;
}

const SORTED_WINDOWS: Partial<Record<Sort, WindowName>> = {
  ...{ return7: "days7", return30: "days30", return90: "days90" },
};

const KEYS = {
  address: () => () => 0n,
  registered: () => (entry: DirectoryEntry) => entry.registeredAt,
  state: () => (entry: DirectoryEntry) => ORDER[entry.state],
  stake: () => (entry: DirectoryEntry) => entry.priced.active,
  price: (position: Position) => (entry: DirectoryEntry) => sharePriceOf(entry.priced, position.time),
  commission: () => (entry: DirectoryEntry) => BigInt(entry.rewards.bps),
  "fee-commission": () => (entry: DirectoryEntry) => BigInt(entry.fees.bps),
  "on-time":
    () =>
    ({ fulfilments, misses }: DirectoryEntry) =>
      fulfilments + misses === 0
        ? undefined
        : BigInt(Math.floor((1e4 * fulfilments) / (fulfilments + misses))),
  fulfilments: () => (entry: DirectoryEntry) => BigInt(entry.fulfilments),
  misses: () => (entry: DirectoryEntry) => BigInt(entry.misses),
} satisfies Partial<Record<Sort, (position: Position) => (entry: DirectoryEntry) => Key>>;

/** By what binds stake. */
const BOUND = {
  "self-stake": ({ priced }: DirectoryEntry, { own }: Collateral, { time }: Position) =>
    worthOf(priced, own, time),
  free: ({ priced: { active } }: DirectoryEntry, { locked }: Collateral) =>
    active > locked ? active - locked : 0n,
  /** In millionths of what a slash takes from, rounded down: the stake, and exits that were not taken out. */
  "at-risk": ({ priced: { active } }: DirectoryEntry, { locked, unbonding }: Collateral) =>
    (locked * MILLION) / (active + unbonding || 1n),
} satisfies Partial<Record<Sort, (entry: DirectoryEntry, of: Collateral, position: Position) => Key>>;
const UNBOUND: Collateral = { own: 0n, locked: 0n, unbonding: 0n };

const isBound = (sort: Sort): sort is keyof typeof BOUND => sort in BOUND;

const ORDER = { active: 0n, inactive: 1n, jailed: 2n } as const;

const MILLION = 1_000_000n;

/** to / from − 1 in millionths, rounded down. */
export function netPpm(from: bigint, to: bigint): bigint {
  const gained = (to - from) * MILLION;
  return gained < 0n && gained % from !== 0n ? gained / from - 1n : gained / from;
}

/** Whoever has no key comes last; among equals the lower address first. */
function comparison(order: "ascending" | "descending", sort: Sort): (a: Row, b: Row) => number {
  const sign = order === "ascending" ? 1 : -1;
  const tie = sort === "address" ? sign : 1;
  return (a, b) => {
    if (a.key !== b.key) {
      if (a.key === undefined) return 1;
      if (b.key === undefined) return -1;
      return a.key < b.key ? -sign : sign;
    }
    if (a.address === b.address) return 0;
    return a.address < b.address ? -tie : tie;
  };
}

function cursorOf({ key, address }: Row, sort: Sort): string {
  return sort === "address" ? address : `${key ?? ""}~${address}`;
}

const CURSOR = /^(?:(-?[0-9]{0,40})~)?(0x[0-9a-fA-F]{40})$/;

/** Where a page ended, by its `next`. @throws ApiError if it is none of this sort. */
export function cursorFrom(after: string, sort: Sort): Row {
  const [, key = "", address = ""] = CURSOR.exec(after) ?? [];
  if (address === "" || (sort !== "address") !== after.includes("~")) {
    throw new ApiError(
      "invalid-request",
      "after: give the `next` of the page before, with its sort",
      "after",
    );
  }
  const known = sort === "address" ? 0n : key === "" || key === "-" ? undefined : BigInt(key);
  return { key: known, address: address.toLowerCase() as Address };
}
