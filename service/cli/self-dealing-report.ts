// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { BPS } from "../core/guard.ts";
import type { Deal } from "../core/self-dealing.ts";
import type { PolicyV1 } from "../core/types.ts";
import { amount, percent, shortAddress, signed, table } from "./format.ts";
import type { SelfDealing } from "./policy-trial.ts";

const EXPLANATION = `self-dealing: who buys a proof from itself gets the fee back, less the protocol fee; its profit is the reward that
the work adds, less that fee. Gas, bonds, idle capital and others' shares of its vault would lower it further; stake
enough for every rule is assumed, and the best paid work of the epoch.`;

/** What dealing with oneself earns, for people: in tokens. Undefined stands for an epoch without protocol fees. */
export function selfDealingText(policy: PolicyV1, dealing: SelfDealing | undefined): string {
  if (dealing === undefined) {
    const follows =
      policy.guards.feeMatchBps === null
        ? "without fee match, copying and dealing with oneself cost nothing, and gain"
        : "fee match pays nothing";
    return `self-dealing: nobody paid protocol fees for work that counts: ${follows}`;
  }
  const own = policy.guards.feeMatchBps;
  const rows = dealing.newcomer.flatMap(({ feeMatchBps, deals }) =>
    deals.map((deal, i) => [
      i > 0 ? "" : `${matchText(feeMatchBps)}${feeMatchBps === own ? ", this policy" : ""}`,
      amount(deal.protocolFee),
      amount(deal.reward),
      signed(deal.profit),
      perUnit(deal),
    ]),
  );
  return [
    EXPLANATION,
    "",
    table(["fee match", "protocol fee", "reward", "profit", "per unit of fee"], rows, 1),
    "",
    verdict(own),
    budgetLine(dealing),
    incumbentLine(dealing, own),
  ].join("\n");
}

function verdict(feeMatchBps: number | null): string {
  if (feeMatchBps === null) {
    return "without fee match it pays as long as the budget's part of the work exceeds the protocol fee";
  }
  if (feeMatchBps < Number(BPS)) {
    return `fee match ${percent(feeMatchBps)}: whoever has no work but its own always loses, at least ${percent(Number(BPS) - feeMatchBps)} of its protocol fees`;
  }
  if (feeMatchBps === Number(BPS)) return "fee match 100 %: at best it gets its protocol fees back";
  return `fee match ${percent(feeMatchBps)}: it gains up to ${percent(feeMatchBps - Number(BPS))} of its protocol fees`;
}

function budgetLine({ unboundBps }: SelfDealing): string {
  return `by its part of the work alone, a unit of protocol fee earns ${decimalBps(unboundBps)} units of the epoch's budget`;
}

function incumbentLine({ incumbent }: SelfDealing, feeMatchBps: number | null): string {
  if (incumbent === undefined)
    return "no prover of the epoch would have gained by dealing with itself besides";
  const { prover, protocolFee, profit } = incumbent;
  const gain = `prover ${shortAddress(prover)} would have gained ${amount(profit)} by dealing with itself besides, for ${amount(protocolFee)} of protocol fees`;
  if (feeMatchBps === null || feeMatchBps >= Number(BPS)) return gain;
  return `${gain}: those
that others paid leave it room, and work that counts more for its fee fills it (multipliers that are alike leave none)`;
}

/** The same in wei; profit for each unit of fee in bps. */
export function selfDealingJson({ bargain, unboundBps, newcomer, incumbent }: SelfDealing) {
  return {
    bargain,
    unboundBps,
    newcomer: newcomer.map(({ feeMatchBps, deals }) => ({
      feeMatchBps,
      deals: deals.map((deal) => ({ ...deal, profitPerFeeBps: profitBps(deal) ?? null })),
    })),
    incumbent: incumbent === undefined ? null : { ...incumbent, prover: getAddress(incumbent.prover) },
  };
}

function matchText(feeMatchBps: number | null): string {
  return feeMatchBps === null ? "none" : percent(feeMatchBps);
}

function perUnit(deal: Deal): string {
  const bps = profitBps(deal);
  return bps === undefined ? "–" : decimalBps(bps);
}

/** Rounded down, losses too. */
function profitBps({ profit, protocolFee }: Deal): bigint | undefined {
  if (protocolFee === 0n) return undefined;
  const scaled = profit * BPS;
  const quotient = scaled / protocolFee;
  return scaled < 0n && quotient * protocolFee !== scaled ? quotient - 1n : quotient;
}

function decimalBps(bps: bigint): string {
  const size = bps < 0n ? -bps : bps;
  const fraction = String(size % BPS).padStart(4, "0");
  return `${bps < 0n ? "−" : ""}${size / BPS}.${fraction}`;
}
