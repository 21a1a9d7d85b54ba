// SPDX-License-Identifier: AGPL-3.0-only

import { computeEpoch, type EpochResult } from "../core/epoch.ts";
import type { Policy } from "../core/types.ts";
import { campaignChecks } from "./campaign-check.ts";
import { asEpoch } from "./config.ts";
import { type Context, printJson } from "./context.ts";
import { UsageError } from "./errors.ts";
import { amount } from "./format.ts";
import { openNetwork } from "./network.ts";
import { epochUnder, type NamedPolicy, type PolicyEpoch, readNetworkPolicy } from "./network-policy.ts";
import type { ChainFlags } from "./session.ts";

export interface OtherCheckFlags extends ChainFlags {
  readonly epoch?: string;
  readonly budget?: string;
}

/**
 * What a policy pays in an epoch of another network, and what whoever deals with itself earns there.
 * @throws UsageError without --epoch, or for a policy that is none; ChainError if the chain cannot be read
 */
export async function checkOtherNetwork(
  context: Context,
  name: string,
  flags: OtherCheckFlags,
): Promise<void> {
  if (flags.epoch === undefined) {
    throw new UsageError("--epoch is missing", "a policy of another network is tried on one of its epochs");
  }
  const named = await readNetworkPolicy(context, "<file>", name);
  const session = await openNetwork(context, flags);
  try {
    const epoch = await epochUnder(session, asEpoch(flags.epoch), named, flags.budget);
    const result = computeEpoch(epoch.input);
    const dealing = selfDealingOf(epoch, result);
    if (flags.json) printJson(context, checkJson(named, epoch, result, dealing));
    else context.out(checkText(named, epoch, result, dealing));
  } finally {
    await session.database.close();
  }
}

interface SelfDealing {
  /** What a unit of fee paid to oneself cost at most at the epoch's fulfilments, in bps of the fee. */
  readonly protocolFeeBps: number;
  /** Fulfilments that cost no protocol fee. */
  readonly free: number;
  /** What a unit of fee earned at most, in bps of the fee; null where nothing bounds it but the budget. */
  readonly earnsBps: number | null;
  readonly warnings: readonly string[];
}

/**
 * Whoever asks itself gets the fee back, less the protocol fee: it loses that, and gains what the policy pays for the
 * work. Fee match of the protocol fee bounds the gain by the loss; where the protocol fee is 0, both are 0.
 */
function selfDealingOf({ figures }: PolicyEpoch, result: EpochResult): SelfDealing {
  const { policy } = result.input;
  const paid = figures.fulfilments.filter(({ fee }) => fee > 0n);
  const free = paid.filter(({ protocolFee }) => protocolFee === 0n).length;
  const rates = paid.map(({ fee, protocolFee }) => Number((protocolFee * 10_000n) / fee));
  const protocolFeeBps = rates.length === 0 ? 0 : Math.max(...rates);
  const matches = matchesOf(policy);
  const bounds = matches.map((match) =>
    match === null
      ? null
      : match.of === "fee"
        ? match.bps
        : Math.floor((match.bps * protocolFeeBps) / 10_000),
  );
  const earnsBps = bounds.includes(null) ? null : Math.max(0, ...(bounds as number[]));
  return {
    protocolFeeBps,
    free,
    earnsBps,
    warnings: warningsOf(policy, result, { free, paid: paid.length }),
  };
}

function matchesOf(policy: Policy): ({ readonly of: "fee" | "protocol-fee"; readonly bps: number } | null)[] {
  if (policy.version === 2) return policy.campaigns.map(({ feeMatch }) => feeMatch);
  const { feeMatchBps } = policy.guards;
  return [feeMatchBps === null ? null : { of: "protocol-fee", bps: feeMatchBps }];
}

function warningsOf(
  policy: Policy,
  { added, input: { budget } }: EpochResult,
  { free, paid }: { readonly free: number; readonly paid: number },
): string[] {
  const matches = matchesOf(policy);
  const isByProtocolFee = matches.every((match) => match?.of === "protocol-fee");
  const warnings: string[] = [];
  if (free > 0) {
    warnings.push(
      `${free} of ${paid} fulfilments with a fee cost no protocol fee: there, dealing with oneself costs gas alone`,
    );
    if (isByProtocolFee) {
      warnings.push(
        "fee match of the protocol fee pays nothing for them: what is bounded by a fee of 0 is 0",
      );
    } else {
      warnings.push(
        "what this policy pays for them can be bought for nothing: what is left against it are distinct statements, the list of programs and requesters, and the stake cap",
      );
    }
  }
  if (paid === 0)
    warnings.push("no fulfilment of the epoch had a fee: what self-dealing earns it does not show");
  if (matches.includes(null)) warnings.push("without fee match, copying and dealing with oneself gain");
  if (policy.version === 1 && policy.guards.feeMatchBps !== null && policy.guards.feeMatchBps > 10_000) {
    warnings.push("above 100 % of the protocol fees, copying and dealing with oneself gain");
  }
  if (budget > 0n && added * 100n < budget) {
    warnings.push(`it pays ${amount(added)} of ${amount(budget)}: less than a hundredth of the budget`);
  }
  return warnings;
}

function checkJson(
  named: NamedPolicy,
  epoch: PolicyEpoch,
  result: EpochResult,
  dealing: SelfDealing,
): object {
  const { policy } = named;
  return {
    network: "provernet",
    file: named.name,
    ...{ id: policy.id, version: policy.version, policyHash: named.hash, epoch: epoch.figures.epoch },
    ...{ budget: result.input.budget, added: result.added, dropped: result.input.budget - result.added },
    provers: result.rows.map(({ prover, amount: wei, limitedBy, work, stake, protocolFees }) => ({
      ...{ prover, work, stake, protocolFees, amount: wei, limitedBy },
    })),
    selfDealing: dealing,
    campaigns: policy.version === 2 ? campaignChecks(policy, result.input.budget, result.rows) : null,
  };
}

function checkText(
  named: NamedPolicy,
  epoch: PolicyEpoch,
  result: EpochResult,
  dealing: SelfDealing,
): string {
  const { policy, hash, name } = named;
  const { budget } = result.input;
  const earns =
    dealing.earnsBps === null ? "anything up to the budget" : `at most ${dealing.earnsBps} bps of the fee`;
  const campaigns = policy.version === 2 ? campaignChecks(policy, budget, result.rows) : [];
  return [
    `policy ${policy.id}/${policy.version} of ${name}, hash ${hash}`,
    `epoch ${epoch.figures.epoch}: pays ${amount(result.added)} of ${amount(budget)}`,
    `self-dealing: a fee to oneself cost at most ${dealing.protocolFeeBps} bps of it, and earns ${earns}`,
    ...dealing.warnings.map((warning) => `warning: ${warning}`),
    ...campaigns.flatMap((own) => [
      `campaign ${own.campaign}: paid ${amount(own.paid)} of ${amount(own.budget)}, gain of its requesters at most ${amount(own.gain)}`,
      ...own.warnings.map((warning) => `warning: campaign ${own.campaign}: ${warning}`),
    ]),
    "",
  ].join("\n");
}
