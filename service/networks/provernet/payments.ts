// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../../core/types.ts";
import type { LateFact } from "./facts.ts";

type Placed<Kind extends LateFact["kind"]> = Extract<LateFact, { kind: Kind }> & { readonly block: number };

export interface Payment {
  readonly prover: Address;
  readonly amount: bigint;
  readonly commission: bigint;
  readonly time: number;
  readonly transaction: Hex;
  readonly block: number;
}

export interface Payments {
  /** What was set, by epoch and prover. */
  readonly set: ReadonlyMap<number, ReadonlyMap<Address, bigint>>;
  readonly paid: ReadonlyMap<number, ReadonlyMap<Address, Payment>>;
  /** What EpochRewards paid that was not set for any epoch by then. */
  readonly unmatched: readonly Payment[];
}

/**
 * Which epoch each payment is of, which no log says: the first whose amounts that were set, and not paid before, are those
 * that one transaction pays. Only where a prover was set one amount in two epochs may it be another one of them.
 */
export function paymentsOf(facts: readonly Placed<"reward-set" | "paid">[]): Payments {
  const set = new Map<number, Map<Address, bigint>>();
  const setIn = new Map<string, number>();
  const payments: Payment[] = [];
  for (const fact of facts) {
    if (fact.kind === "paid") {
      const { at: time, kind: _, ...payment } = fact;
      payments.push({ ...payment, time });
      continue;
    }
    const own = set.get(fact.at) ?? new Map<Address, bigint>();
    set.set(fact.at, own.set(fact.prover, fact.amount));
    setIn.set(`${fact.at} ${fact.prover}`, fact.block);
  }
  const paid = new Map<number, Map<Address, Payment>>();
  const isOf = (epoch: number, { prover, amount, block }: Payment) =>
    set.get(epoch)?.get(prover) === amount &&
    !paid.get(epoch)?.has(prover) &&
    (setIn.get(`${epoch} ${prover}`) as number) <= block;
  const epochs = [...set.keys()].sort((a, b) => a - b);
  const unmatched: Payment[] = [];
  const book = (epoch: number | undefined, payment: Payment) => {
    if (epoch === undefined) unmatched.push(payment);
    else paid.set(epoch, (paid.get(epoch) ?? new Map<Address, Payment>()).set(payment.prover, payment));
  };
  for (const together of byTransaction(payments)) {
    const one = epochs.find((epoch) => together.every((payment) => isOf(epoch, payment)));
    for (const payment of together) {
      book(one ?? epochs.find((epoch) => isOf(epoch, payment)), payment);
    }
  }
  return { set, paid, unmatched };
}

function byTransaction(payments: readonly Payment[]): Payment[][] {
  const groups: Payment[][] = [];
  for (const payment of payments) {
    const last = groups.at(-1);
    if (last?.[0]?.transaction === payment.transaction) last.push(payment);
    else groups.push([payment]);
  }
  return groups;
}
