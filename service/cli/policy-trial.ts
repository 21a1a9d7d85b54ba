// SPDX-License-Identifier: AGPL-3.0-only
import { decodeArtifact, epochInputOf } from "../core/artifact.ts";
import { computeEpoch, type EpochResult } from "../core/epoch.ts";
import { BPS } from "../core/guard.ts";
import { type Working, workingsOf } from "../core/rewards.ts";
import { type Bought, bestBargain, bestDeal, type Deal, dealOf } from "../core/self-dealing.ts";
import type { Address, EpochInput, Policy } from "../core/types.ts";

/** What an epoch pays under a policy, and how each amount comes about. */
export interface Trial {
  readonly result: EpochResult;
  /** One for each row of the result. */
  readonly workings: readonly Working[];
}

export function recordedEpoch(bytes: Uint8Array): EpochInput {
  return epochInputOf(decodeArtifact(bytes));
}

/** The epoch's history stays what it was, claimed amounts in the place of withheld leaves included. */
export function tryPolicy(policy: Policy, input: EpochInput): Trial {
  const { continuation: _, ...rules } = policy;
  const { continuation } = input.policy;
  const result = computeEpoch({
    ...input,
    policy: continuation === undefined ? rules : { ...rules, continuation },
  });
  return { result, workings: workingsOf(policy, result.pot, result.input.provers) };
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
export function selfDealingOf(policy: Policy, { result }: Trial): SelfDealing | undefined {
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
      const matched: Policy = { ...policy, guards: { ...policy.guards, feeMatchBps } };
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
