// SPDX-License-Identifier: AGPL-3.0-only

import { decodeArtifact, epochInputOf } from "../core/artifact.ts";
import { type Asked, byCampaign } from "../core/campaigns.ts";
import { computeEpoch, type EpochResult } from "../core/epoch.ts";
import { BPS } from "../core/guard.ts";
import { type Working, workingsOf } from "../core/rewards.ts";
import { type Bought, bestBargain, bestDeal, type Deal, dealOf } from "../core/self-dealing.ts";
import type { Address, EpochInput, Policy, PolicyV1, PolicyV2 } from "../core/types.ts";
import { campaignWorkings } from "./campaign-check.ts";
import { UsageError } from "./errors.ts";

/** What an epoch pays under a policy, and how each amount comes about. */
export interface Trial {
  readonly result: EpochResult;
  /** One for each row of the result. */
  readonly workings: readonly Working[];
  /** Who asked for what, where that is known. */
  readonly asked: readonly Asked[] | undefined;
}

/**
 * What an artifact was computed from.
 * @throws InputError if the bytes are no artifact
 */
export function recordedEpoch(bytes: Uint8Array): EpochInput {
  return epochInputOf(decodeArtifact(bytes));
}

/**
 * The epoch's history stays what it was, claimed amounts in the place of withheld leaves included.
 * @throws UsageError for campaigns where nobody says who asked for what
 */
export function tryPolicy(policy: Policy, input: EpochInput, asked?: readonly Asked[]): Trial {
  const { continuation: _, ...rules } = policy;
  const { continuation } = input.policy;
  const result = computeEpoch({
    ...input,
    policy: continuation === undefined ? rules : { ...rules, continuation },
    provers: proversUnder(policy, input, asked),
  });
  const { budget, provers } = result.input;
  const workings =
    policy.version === 1
      ? workingsOf(policy, result.pot, provers)
      : campaignWorkings(policy, budget, result.rows);
  return { result, workings, asked };
}

/** By the candidate's campaigns, which only fulfilments tell; those of the policy in force are in its artifact. */
function proversUnder(policy: Policy, input: EpochInput, asked: readonly Asked[] | undefined) {
  if (policy.version === 1 || asked !== undefined) return byCampaign(policy, input.provers, asked ?? []);
  const own = input.policy.version === 2 ? requestersText(input.policy) : undefined;
  if (own === requestersText(policy)) return input.provers;
  throw new UsageError(
    "the artifact does not say who asked for what under other campaigns",
    "give --epoch instead of --data: the logs say it",
  );
}

function requestersText({ campaigns }: PolicyV2): string {
  return JSON.stringify(
    campaigns.map(({ requesters }) => requesters?.map(({ requester }) => requester) ?? null),
  );
}

/** Deals of a newcomer, by the size of what it pays; `feeMatchBps` null is no fee match. */
interface Dealings {
  readonly feeMatchBps: number | null;
  readonly deals: readonly Deal[];
}

export interface SelfDealing {
  readonly bargain: Bought;
  /** What a unit of protocol fee would earn of the budget if no rule but the part of the work bounded it, in bps. */
  readonly unboundBps: bigint;
  readonly newcomer: readonly Dealings[];
  /** The prover with work from others who gains most, and by what; undefined if nobody gains. */
  readonly incumbent: (Deal & { readonly prover: Address }) | undefined;
}

/** What the newcomer pays, in parts of the protocol fees of all others. */
const SIZES_PERCENT = [1n, 10n, 100n];
const FEE_MATCHES = [9_000, 10_000, 15_000, null];

/** Undefined if nobody paid protocol fees for work that counts: there is nothing to set a dealer against. */
export function selfDealingOf(policy: PolicyV1, { result }: Trial): SelfDealing | undefined {
  const { provers } = result.input;
  const { pot } = result;
  const bargain = bestBargain(provers);
  if (bargain === undefined) return undefined;
  const paid = provers.reduce((sum, { protocolFees }) => sum + protocolFees, 0n);
  const own = policy.guards.feeMatchBps;
  const others = FEE_MATCHES.filter((feeMatchBps) => feeMatchBps !== own);
  return {
    bargain,
    unboundBps: (BPS * pot.offered * bargain.work) / (pot.work * bargain.protocolFees),
    newcomer: [own, ...others].map((feeMatchBps) => {
      const matched: PolicyV1 = { ...policy, guards: { ...policy.guards, feeMatchBps } };
      return {
        feeMatchBps,
        deals: SIZES_PERCENT.map((percent) =>
          dealOf(matched, pot, { bargain, protocolFee: (paid * percent) / 100n }),
        ),
      };
    }),
    incumbent: bestDeal(policy, pot, provers, bargain),
  };
}
