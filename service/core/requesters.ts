// SPDX-License-Identifier: AGPL-3.0-only
import type { Asked } from "./campaigns.ts";
import { BPS } from "./guard.ts";
import type { Address, Hex } from "./types.ts";

/** A fulfilment with what was proven, and when. */
export interface Served extends Asked {
  readonly statementId: Hex;
  readonly timestamp: bigint;
}

export interface RequesterActivity {
  readonly requester: Address;
  readonly fulfilments: number;
  readonly fees: bigint;
  readonly protocolFees: bigint;
  readonly work: bigint;
  /** Of all fees, in bps, rounded down. */
  readonly feeShareBps: number;
  /** By whom it was served. */
  readonly provers: number;
  /** Fulfilments of statements that it had asked for before. */
  readonly repeated: number;
  /** The timestamp of its first fulfilment of all. */
  readonly firstSeen: bigint;
}

export interface Dependence {
  readonly prover: Address;
  /** Whom most of its work was for, and that part of it, in bps, rounded down. */
  readonly requester: Address;
  readonly workShareBps: number;
}

/**
 * Who asked, paid and was served in the fulfilments from `since` on (seconds): requesters by fees, most first, and
 * provers by address. `served` in chain order; earlier ones only tell what is not new. Parts are in bps, rounded
 * down.
 */
export function requestersOf(
  served: readonly Served[],
  since: bigint,
): { readonly requesters: readonly RequesterActivity[]; readonly provers: readonly Dependence[] } {
  const firstSeen = new Map<Address, bigint>();
  const statements = new Set<string>();
  const own = new Map<Address, { list: Served[]; repeated: number }>();
  for (const one of served) {
    const { requester, statementId, timestamp } = one;
    if (!firstSeen.has(requester)) firstSeen.set(requester, timestamp);
    const asked = `${requester} ${statementId}`;
    if (timestamp >= since) {
      const entry = own.get(requester) ?? { list: [], repeated: 0 };
      own.set(requester, entry);
      entry.list.push(one);
      if (statements.has(asked)) entry.repeated += 1;
    }
    statements.add(asked);
  }
  const counted = [...own.values()].flatMap(({ list }) => list);
  const all = sum(counted, "fee");
  const requesters = Array.from(own, ([requester, { list, repeated }]) => ({
    requester,
    fulfilments: list.length,
    fees: sum(list, "fee"),
    protocolFees: sum(list, "protocolFee"),
    work: sum(list, "countedWeight"),
    feeShareBps: shareBps(sum(list, "fee"), all),
    provers: new Set(list.map(({ prover }) => prover)).size,
    repeated,
    firstSeen: firstSeen.get(requester) as bigint,
  }));
  requesters.sort((a, b) =>
    a.fees === b.fees ? (a.requester < b.requester ? -1 : 1) : a.fees > b.fees ? -1 : 1,
  );
  return { requesters, provers: dependences(counted) };
}

function dependences(counted: readonly Served[]): Dependence[] {
  const work = new Map<Address, Map<Address, bigint>>();
  for (const { prover, requester, countedWeight } of counted) {
    const own = work.get(prover) ?? new Map<Address, bigint>();
    work.set(prover, own.set(requester, (own.get(requester) ?? 0n) + countedWeight));
  }
  const found = Array.from(work, ([prover, own]): Dependence => {
    const [[requester, most]] = [...own].sort(([a, x], [b, y]) =>
      x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1,
    ) as [[Address, bigint]];
    const whole = [...own.values()].reduce((total, part) => total + part, 0n);
    return { prover, requester, workShareBps: shareBps(most, whole) };
  });
  return found.sort((a, b) => (a.prover < b.prover ? -1 : 1));
}

function shareBps(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * BPS) / whole);
}

function sum(list: readonly Served[], key: "fee" | "protocolFee" | "countedWeight"): bigint {
  return list.reduce((total, one) => total + one[key], 0n);
}
