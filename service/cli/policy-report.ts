// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Limit, Working } from "../core/rewards.ts";
import type { LimitedBy, Row } from "../core/types.ts";
import type { CampaignCheck } from "./campaign-check.ts";
import { LIMITS } from "./epoch-report.ts";
import { amount, shortAddress, signed, table, work } from "./format.ts";
import type { PolicyFile } from "./policy-file.ts";
import type { SelfDealing, Trial } from "./policy-trial.ts";
import { selfDealingJson, selfDealingText } from "./self-dealing-report.ts";

export interface PolicyCheck {
  readonly file: PolicyFile;
  /** What the worked example is worked on. */
  readonly source: string;
  readonly trial: Trial;
  readonly against: { readonly name: string; readonly hash: string; readonly trial: Trial } | undefined;
  readonly selfDealing: SelfDealing | undefined;
  /** Of a policy of version 2. */
  readonly campaigns: readonly CampaignCheck[];
}

/** A policy's worked example, and what self-dealing or its campaigns can cost, for people: in tokens. */
export function policyCheckText(check: PolicyCheck): string {
  const { file, source, trial, against } = check;
  const { policy } = file;
  const { input } = trial.result;
  return [
    ...headerOf(file),
    "",
    `${source}: budget ${amount(input.budget)}, carried in ${amount(input.carry)}; amounts in tokens of 18 decimals`,
    "",
    table(
      WORKED,
      trial.result.rows.map((row, i) => worked(row, trial.workings[i] as Working)),
      1,
    ),
    "",
    sums(trial),
    ...(against === undefined ? [] : ["", ...comparison(trial, against)]),
    "",
    policy.version === 1 ? selfDealingText(policy, check.selfDealing) : campaignsText(check.campaigns),
    "",
  ].join("\n");
}

/** Its name, hash and canonical form, in lines. */
export function headerOf({ policy, name, hash, isCanonical, canonical }: PolicyFile): string[] {
  return [
    `policy ${policy.id}/${policy.version} of ${name} is valid`,
    `hash ${hash}`,
    `canonical form, which the distributor is given${isCanonical ? " and the file holds" : "; the file is written differently"}:`,
    canonical,
  ];
}

/** What each campaign can cost, for people: in tokens. */
export function campaignsText(campaigns: readonly CampaignCheck[]): string {
  const rows = campaigns.map((own) => [
    String(own.campaign),
    amount(own.budget),
    amount(own.paid),
    amount(own.countedFees),
    amount(own.protocolFees),
    amount(own.bound),
    amount(own.gain),
  ]);
  return [
    "campaigns: what a bad choice of requesters costs is at most the bound, if all of a campaign's requesters are one with",
    "their provers; their gain is that less the protocol fees that they pay. Other campaigns pay the same to a wei",
    "",
    table(["campaign", "budget", "paid", "counted fees", "protocol fees", "bound", "gain at most"], rows, 1),
    ...campaigns.flatMap((own) =>
      own.warnings.map((warning) => `warning: campaign ${own.campaign}: ${warning}`),
    ),
  ].join("\n");
}

const WORKED = [
  "prover",
  "work",
  "stake",
  "protocol fees",
  "part of the work",
  "stake cap",
  "fee match",
  "amount",
  "limited by",
];

function worked(row: Row, { part, limits }: Working): string[] {
  return [
    shortAddress(row.prover),
    work(row.work),
    amount(row.stake),
    amount(row.protocolFees),
    amount(part),
    limitText(limits, "stake"),
    limitText(limits, "fee-match"),
    amount(row.amount),
    LIMITS[row.limitedBy],
  ];
}

function limitText(limits: readonly Limit[], wanted: LimitedBy): string {
  const limit = limits.find(({ limitedBy }) => limitedBy === wanted);
  return limit === undefined ? "–" : amount(limit.atMost);
}

function comparison(trial: Trial, { name, trial: other }: NonNullable<PolicyCheck["against"]>): string[] {
  const rows = trial.result.rows.map((row, i) => {
    const theirs = other.result.rows[i] as Row;
    return [
      shortAddress(row.prover),
      amount(row.amount),
      LIMITS[row.limitedBy],
      amount(theirs.amount),
      LIMITS[theirs.limitedBy],
      signed(row.amount - theirs.amount),
    ];
  });
  return [
    `beside ${name}:`,
    "",
    table(["prover", "amount", "limited by", "other", "limited by", "difference"], rows, 1),
    "",
    `other: ${sums(other)}`,
  ];
}

function sums({ result: { added, carry, dropped } }: Trial): string {
  return `paid ${amount(added)}, carried on ${amount(carry)}, dropped ${amount(dropped)}`;
}

/** The same in wei. */
export function policyCheckJson({ file, source, trial, against, selfDealing, campaigns }: PolicyCheck) {
  return {
    ...identityJson(file),
    source,
    ...trialJson(trial),
    against:
      against === undefined
        ? null
        : { file: against.name, policyHash: against.hash, ...trialJson(against.trial) },
    selfDealing: selfDealing === undefined ? null : selfDealingJson(selfDealing),
    campaigns: file.policy.version === 2 ? campaigns : null,
  };
}

/** What tells one policy from others. */
export function identityJson({ name: file, policy, hash: policyHash, canonical, isCanonical }: PolicyFile) {
  return { file, id: policy.id, version: policy.version, policyHash, canonical, isCanonical };
}

function trialJson({ result, workings }: Trial) {
  const { input, added, carry, dropped } = result;
  return {
    epoch: input.epoch,
    budget: input.budget,
    carryIn: input.carry,
    added,
    carryOut: carry,
    dropped,
    provers: result.rows.map(({ prover, work, stake, protocolFees, amount, limitedBy }, i) => ({
      prover: getAddress(prover),
      work,
      stake,
      protocolFees,
      ...(workings[i] as Working),
      amount,
      limitedBy,
    })),
  };
}
