// SPDX-License-Identifier: AGPL-3.0-only
import { feeCommission } from "./market.ts";
import type { Payout, Played } from "./rewards.ts";
import { ownPart, type Prover } from "./world.ts";

/**
 * What each came out with, in wei: fees, rewards and proofs received, less fees paid, costs and slashes. Capital is
 * free here, as attackers would like it to be.
 */
export interface Accounts {
  /** Provers and requesters by name. */
  readonly of: ReadonlyMap<string, bigint>;
  /** All who put stake into others' vaults. */
  readonly stakers: bigint;
  readonly treasury: bigint;
  /** What the foundation paid in rewards. */
  readonly paid: bigint;
}

export function settle({ provers, outcomes, market }: Played, payouts: readonly Payout[]): Accounts {
  const of = new Map<string, bigint>();
  const totals = { stakers: 0n, treasury: 0n, paid: 0n };
  const byName = new Map(provers.map((prover) => [prover.name, prover]));
  const book = (name: string, amount: bigint) => of.set(name, (of.get(name) ?? 0n) + amount);
  const share = (prover: Prover, amount: bigint, commissionBps: bigint) => {
    const own = ownPart(prover, amount, commissionBps);
    book(prover.name, own);
    totals.stakers += amount - own;
  };

  for (const outcome of outcomes) {
    const prover = byName.get(outcome.prover) as Prover;
    if (outcome.kind === "miss") {
      share(prover, -outcome.slashed, 0n);
      totals.treasury += outcome.slashed;
      continue;
    }
    const { fee, protocolFee, cost, requester, value } = outcome;
    book(requester, value - fee);
    book(prover.name, -cost);
    share(prover, fee - protocolFee, feeCommission(prover, market));
    totals.treasury += protocolFee;
  }
  for (const { prover: name, amount } of payouts) {
    const prover = byName.get(name) as Prover;
    share(prover, amount, prover.rewardCommissionBps);
    totals.paid += amount;
  }
  return { of, ...totals };
}

export function sumOf({ of }: Accounts, names: readonly string[]): bigint {
  return names.reduce((sum, name) => sum + (of.get(name) ?? 0n), 0n);
}
