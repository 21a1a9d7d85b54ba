// SPDX-License-Identifier: AGPL-3.0-only
import { type Asked, campaignBudget } from "../core/campaigns.ts";
import { BPS } from "../core/guard.ts";
import type { Working } from "../core/rewards.ts";
import type { Campaign, CampaignWork, PolicyV2, ProverInput, Row } from "../core/types.ts";

/** What a campaign offered and paid in an epoch, and what the choice of its requesters could have cost. */
export interface CampaignCheck {
  readonly campaign: number;
  readonly budget: bigint;
  readonly work: bigint;
  readonly countedFees: bigint;
  readonly protocolFees: bigint;
  /** Before the stake cap and the guards, which hold for a prover's sum. */
  readonly paid: bigint;
  /** The most that its requesters could have taken together, had they all been one with their provers. */
  readonly bound: bigint;
  /** The same less the protocol fees that they paid; 0 if that is below. */
  readonly gain: bigint;
  readonly warnings: readonly string[];
}

/** One for each campaign of the policy, from the rows that it made, and the fulfilments if they are known. */
export function campaignChecks(
  policy: PolicyV2,
  budget: bigint,
  rows: readonly Row[],
  asked?: readonly Asked[],
): CampaignCheck[] {
  const listed = new Set(
    policy.campaigns.flatMap(({ requesters }) => requesters?.map(({ requester }) => requester) ?? []),
  );
  const others = asked?.filter(({ requester }) => !listed.has(requester));
  return policy.campaigns.map((campaign, index) => {
    const own = rows.flatMap((row) => row.campaigns?.filter((reward) => reward.campaign === index) ?? []);
    const sum = (key: "work" | "countedFees" | "protocolFees" | "amount") =>
      own.reduce((total, reward) => total + reward[key], 0n);
    const part = campaignBudget(campaign, budget);
    const [countedFees, protocolFees] = [sum("countedFees"), sum("protocolFees")];
    const most = feeBound(campaign, countedFees, protocolFees);
    const bound = most === undefined || most > part ? part : most;
    const work = sum("work");
    return {
      campaign: index,
      budget: part,
      work,
      countedFees,
      protocolFees,
      paid: sum("amount"),
      bound,
      gain: bound > protocolFees ? bound - protocolFees : 0n,
      warnings: warningsOf(campaign, {
        ...{ work, protocolFees },
        multipliers: others?.map(programOf) ?? own.map(averageOf),
      }),
    };
  });
}

function feeBound({ feeMatch }: Campaign, countedFees: bigint, protocolFees: bigint): bigint | undefined {
  if (feeMatch === null) return undefined;
  return (BigInt(feeMatch.bps) * (feeMatch.of === "fee" ? countedFees : protocolFees)) / BPS;
}

/** A fulfilment's multiplier, in bps; 0 if its program is not listed. */
function programOf({ weight, fee }: Asked): bigint {
  return fee === 0n ? 0n : weight / fee;
}

/** All that is known without the fulfilments: a prover that serves dear and cheap programs alike hides both. */
function averageOf({ work, countedFees }: CampaignWork): bigint {
  return countedFees === 0n ? 0n : work / countedFees;
}

interface Seen {
  readonly work: bigint;
  readonly protocolFees: bigint;
  /** Of everybody's who is in no list, in bps. */
  readonly multipliers: readonly bigint[];
}

function warningsOf({ requesters, feeMatch }: Campaign, { work, protocolFees, multipliers }: Seen): string[] {
  const warnings: string[] = [];
  const isOpen = requesters === null;
  if (feeMatch === null && isOpen) {
    warnings.push("open to everybody without fee match: copying and dealing with oneself gain");
  }
  if (feeMatch?.of === "fee" && isOpen) {
    warnings.push(
      `open to everybody with ${feeMatch.bps} bps of the fee: money for anybody who asks itself, as long as that exceeds the protocol fee`,
    );
  }
  if (feeMatch?.of === "protocol-fee") {
    if (work > 0n && protocolFees === 0n) {
      warnings.push("fee match pays nothing: the work brought no protocol fees");
    }
    if (isOpen && feeMatch.bps === Number(BPS)) {
      warnings.push("at 100 % of the protocol fees, copying a statement from another address is free");
    }
    if (isOpen && feeMatch.bps > Number(BPS)) {
      warnings.push("above 100 % of the protocol fees, copying and dealing with oneself gain");
    }
  }
  const rated = multipliers
    .filter((multiplier) => multiplier > 0n)
    .sort((a, b) => (a < b ? -1 : Number(a > b)));
  if (isOpen && feeMatch?.of === "protocol-fee") {
    const [least = 0n, most = 0n] = [rated[0], rated.at(-1)];
    if (most > least && most * BigInt(feeMatch.bps) > least * BPS) {
      warnings.push(
        `multipliers are far apart (${least} and ${most} bps): room that cheap work leaves is filled by dear work of one's own`,
      );
    }
  }
  return warnings;
}

/** How each prover's amount comes about, as for a policy of version 1: the parts and limits of its campaigns together. */
export function campaignWorkings(policy: PolicyV2, budget: bigint, rows: readonly Row[]): Working[] {
  const work = policy.campaigns.map((_, index) => rows.reduce((sum, row) => sum + workIn(row, index), 0n));
  const excluded = new Set(policy.guards.exclusions.map(({ prover }) => prover));
  return rows.map((row) => {
    const campaigns = row.campaigns ?? [];
    const part = campaigns.reduce((sum, own) => {
      const total = work[own.campaign] ?? 0n;
      const offered = campaignBudget(policy.campaigns[own.campaign] as Campaign, budget);
      return sum + (total === 0n ? 0n : (offered * own.work) / total);
    }, 0n);
    const matched = campaigns.reduce((sum, { amount }) => sum + amount, 0n);
    const isMatched = campaigns.some(({ limitedBy }) => limitedBy === "fee-match");
    return {
      part,
      limits: [
        ...(isMatched ? [{ limitedBy: "fee-match" as const, atMost: matched }] : []),
        ...(excluded.has(row.prover) ? [{ limitedBy: "excluded" as const, atMost: 0n }] : []),
        ...(row.stake < policy.guards.minStake ? [{ limitedBy: "min-stake" as const, atMost: 0n }] : []),
        ...(policy.id === "capped"
          ? [
              {
                limitedBy: "stake" as const,
                atMost: (row.stake * policy.params.capNumerator) / policy.params.capDenominator,
              },
            ]
          : []),
      ],
    };
  });
}

function workIn(row: ProverInput, campaign: number): bigint {
  return row.campaigns?.find((own) => own.campaign === campaign)?.work ?? 0n;
}
