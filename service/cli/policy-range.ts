// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Address, PolicyV2 } from "../core/types.ts";
import { type CampaignCheck, campaignChecks } from "./campaign-check.ts";
import { amount, shortAddress, signed, table } from "./format.ts";
import type { PolicyFile } from "./policy-file.ts";
import { campaignsText, headerOf, identityJson } from "./policy-report.ts";
import type { Trial } from "./policy-trial.ts";

/** An epoch under the candidate, and under what it is set beside. */
export interface PastEpoch {
  readonly trial: Trial;
  readonly other: { readonly hash: string; readonly trial: Trial };
}

/** What a policy would have paid over past epochs, each with its own history, beside what it is set against. */
export interface RangeCheck {
  readonly file: PolicyFile;
  readonly source: string;
  /** What it is set beside: a policy, or in each epoch the one in force. */
  readonly against: { readonly name: string; readonly hash: string | undefined };
  readonly epochs: readonly PastEpoch[];
}

interface Sums {
  amount: bigint;
  other: bigint;
}

const FLOWS = ["budget", "added", "carry", "dropped"] as const;
type Flows = Record<(typeof FLOWS)[number], bigint>;

function flowsOf({ result }: Trial): Flows {
  return { budget: result.input.budget, added: result.added, carry: result.carry, dropped: result.dropped };
}

/** By prover, ascending, over all epochs; and what was paid in all. */
function sumsOf(epochs: readonly PastEpoch[]): { provers: [Address, Sums][]; total: Sums } {
  const sums = new Map<Address, Sums>();
  const total = { amount: 0n, other: 0n };
  const add = (trial: Trial, key: keyof Sums) => {
    for (const { prover, amount } of trial.result.rows) {
      const own = sums.get(prover) ?? { amount: 0n, other: 0n };
      sums.set(prover, own);
      own[key] += amount;
      total[key] += amount;
    }
  };
  for (const { trial, other } of epochs) {
    add(trial, "amount");
    add(other.trial, "other");
  }
  return { provers: [...sums].sort(([a], [b]) => (a < b ? -1 : 1)), total };
}

/** Each campaign over all epochs. What its choice could have cost is the sum of what it could have cost in each. */
function campaignsOver(policy: PolicyV2, epochs: readonly PastEpoch[]): CampaignCheck[] {
  const each = epochs.map(({ trial: { result, asked } }) =>
    campaignChecks(policy, result.input.budget, result.rows, asked),
  );
  return policy.campaigns.map((_, campaign) => {
    const own = each.map((checks) => checks[campaign] as CampaignCheck);
    const sum = (key: "budget" | "work" | "countedFees" | "protocolFees" | "paid" | "bound" | "gain") =>
      own.reduce((total, check) => total + check[key], 0n);
    return {
      campaign,
      ...{ budget: sum("budget"), work: sum("work"), countedFees: sum("countedFees") },
      ...{ protocolFees: sum("protocolFees"), paid: sum("paid"), bound: sum("bound"), gain: sum("gain") },
      warnings: [...new Set(own.flatMap(({ warnings }) => warnings))],
    };
  });
}

/** A policy beside another over several epochs, for people: in tokens. */
export function rangeCheckText(check: RangeCheck): string {
  const { file, source, against, epochs } = check;
  const { provers, total } = sumsOf(epochs);
  return [
    ...headerOf(file),
    "",
    `${source}, each with the carry that it had; amounts in tokens of 18 decimals, beside ${against.name}`,
    "",
    table(
      ["epoch", "budget", "paid", "carried on", "dropped", "other paid", "difference"],
      epochs.map(({ trial, other }) => {
        const { budget, added, carry, dropped } = flowsOf(trial);
        const theirs = other.trial.result.added;
        const epoch = String(trial.result.input.epoch);
        return [epoch, ...[budget, added, carry, dropped, theirs].map(amount), signed(added - theirs)];
      }),
      1,
    ),
    "",
    table(
      ["prover", "amount", "other", "difference"],
      [
        ...provers.map(([prover, sums]) => [shortAddress(prover), sums] as const),
        ["all", total] as const,
      ].map(([name, sums]) => [
        name,
        amount(sums.amount),
        amount(sums.other),
        signed(sums.amount - sums.other),
      ]),
      1,
    ),
    ...(file.policy.version === 2 ? ["", campaignsText(campaignsOver(file.policy, epochs))] : []),
    "",
  ].join("\n");
}

/** The same in wei. */
export function rangeCheckJson({ file, source, against, epochs }: RangeCheck) {
  const { provers, total } = sumsOf(epochs);
  return {
    ...identityJson(file),
    source,
    against: { file: against.name, policyHash: against.hash ?? null },
    epochs: epochs.map(({ trial, other }) => ({
      epoch: trial.result.input.epoch,
      carryIn: trial.result.input.carry,
      ...flowsOf(trial),
      other: { policyHash: other.hash, ...flowsOf(other.trial) },
    })),
    provers: provers.map(([prover, sums]) => ({
      prover: getAddress(prover),
      ...sums,
      difference: sums.amount - sums.other,
    })),
    total: { ...total, difference: total.amount - total.other },
    campaigns: file.policy.version === 2 ? campaignsOver(file.policy, epochs) : null,
  };
}
