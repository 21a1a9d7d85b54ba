// SPDX-License-Identifier: AGPL-3.0-only
import type { Address } from "../../core/types.ts";
import type { Database } from "../../store/database.ts";
import type { Deployment } from "../../store/deployment.ts";
import { type EpochWindow, windowsFrom } from "./clock.ts";
import { type Counted, type WindowCount, WindowCounter } from "./count.ts";
import type { Contracts } from "./open.ts";
import { type Payment, type Payments, paymentsOf } from "./payments.ts";
import { emptyState } from "./state.ts";
import { factsFrom, lateFacts } from "./store.ts";

/** An epoch of ProverNet as its facts are in the database. */
export interface EpochFigures extends Omit<WindowCount, "provers"> {
  readonly epoch: number;
  readonly window: EpochWindow;
  /** Up to when all is counted: the window's end, unless an earlier time was asked for. */
  readonly until: number;
  readonly rewardsSet: bigint;
  readonly rewardsDistributed: bigint;
  readonly provers: readonly ProverFigures[];
  readonly payments: Payments;
}

interface ProverFigures extends Counted {
  /** By their deadline, booked up to the last block read. */
  readonly missesByDeadline: number;
  /** floor(assetSeconds / length of the window, or of its part up to `until`). */
  readonly timeWeightedAssets: bigint;
  /** Undefined if none was; it may be 0. */
  readonly rewardSet: bigint | undefined;
  readonly paid: Payment | undefined;
}

/**
 * What happened in an epoch, amounts in wei. Undefined for one that no configuration gives a window, or that begins
 * only at `before`, in seconds, or later.
 */
export async function readFigures(
  database: Database,
  deployment: Deployment,
  contracts: Contracts,
  epoch: number,
  before = Number.POSITIVE_INFINITY,
): Promise<EpochFigures | undefined> {
  const window = (await windowsFrom(database, deployment))(epoch);
  if (window === undefined || window.start >= before) return undefined;
  const until = Math.min(window.end, before);
  const part = { ...window, end: until };
  const { provers, ...count } = await countIn(database, deployment, contracts, part);
  const missed = await lateFacts(database, deployment, ["missed"], { from: window.start, to: window.end });
  const byDeadline = new Map<Address, number>();
  for (const { prover } of missed) byDeadline.set(prover, (byDeadline.get(prover) ?? 0) + 1);
  const payments = paymentsOf(await lateFacts(database, deployment, ["reward-set", "paid"]));
  const set = payments.set.get(epoch) ?? new Map<Address, bigint>();
  const paid = payments.paid.get(epoch) ?? new Map<Address, Payment>();
  return {
    ...count,
    epoch,
    window,
    until,
    rewardsSet: sum(set.values()),
    rewardsDistributed: sum(Array.from(paid.values(), ({ amount }) => amount)),
    payments,
    provers: provers.map((own) => ({
      ...own,
      missesByDeadline: byDeadline.get(own.prover) ?? 0,
      timeWeightedAssets: own.assetSeconds / BigInt(until - window.start),
      rewardSet: set.get(own.prover),
      paid: paid.get(own.prover),
    })),
  };
}

/** What happened in any window, whatever epoch it is of: amounts in wei. */
export async function countIn(
  database: Database,
  deployment: Deployment,
  contracts: Contracts,
  window: EpochWindow,
): Promise<WindowCount> {
  let counter = new WindowCounter(contracts, window, emptyState());
  for await (const { opening, facts, last } of factsFrom(database, deployment, window.start)) {
    if (opening !== undefined) counter = new WindowCounter(contracts, window, opening);
    for (const fact of facts) counter.take(fact);
    if (last >= window.end) break;
  }
  return counter.end();
}

function sum(values: Iterable<bigint>): bigint {
  let total = 0n;
  for (const value of values) total += value;
  return total;
}
