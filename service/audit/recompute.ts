// SPDX-License-Identifier: AGPL-3.0-only
import type { CampaignReward, EpochInput, Hex, LeafEntry, Row } from "../core/types.ts";
import { awardsByCampaign } from "./campaigns.ts";
import { keccakOf } from "./hash.ts";
import { canonicalText, type JsonObject } from "./json.ts";
import { type Award, awards, policyBytes, policyJson } from "./policy.ts";
import { domainFor, rootFor } from "./tree.ts";

/** The version of the specification by which an epoch is recomputed: part of its artifact's bytes. */
export const SPEC_VERSION = 2;

/** What an epoch should have been. */
export interface Recomputed {
  readonly rows: readonly Row[];
  readonly leaves: readonly LeafEntry[];
  readonly added: bigint;
  readonly total: bigint;
  readonly carryOut: bigint;
  readonly dropped: bigint;
  readonly root: Hex;
}

type Granted = Award & { readonly campaigns?: readonly CampaignReward[] };

/**
 * Rows and root of an epoch (SPEC, 5 to 9), the provers in ascending order of their addresses. Amounts in wei; a
 * commission is floor(amount · bps / 10,000).
 */
export function recompute(input: EpochInput): Recomputed {
  const { budget, carry, previous } = input;
  const provers = [...input.provers].sort((a, b) => (a.prover < b.prover ? -1 : 1));
  const granted: Granted[] =
    input.policy.version === 2
      ? awardsByCampaign(input.policy, budget, provers)
      : awards(input.policy, budget + carry, provers);
  const earlier = new Map(previous.leaves.map((leaf) => [leaf.prover, leaf]));
  const rows: Row[] = provers.map((prover, i) => {
    const { amount, limitedBy, campaigns } = granted[i] as Granted;
    const commission = (amount * BigInt(prover.commissionBps)) / 10_000n;
    const before = earlier.get(prover.prover);
    const { campaigns: _, ...own } = prover;
    return {
      ...own,
      amount,
      limitedBy,
      commission,
      cumulative: (before?.cumulative ?? 0n) + amount,
      cumulativeCommission: (before?.cumulativeCommission ?? 0n) + commission,
      ...(campaigns && { campaigns }),
    };
  });
  const leaves = rows.filter((row) => row.cumulative !== 0n);
  const added = rows.reduce((total, row) => total + row.amount, 0n);
  const left = budget + carry - added;
  const carryOut = carryAfter(budget, carry, added);
  return {
    rows,
    leaves,
    added,
    total: previous.total + added,
    carryOut,
    dropped: left - carryOut,
    root: rootFor(domainFor(input.chainId, input.distributor), leaves),
  };
}

/** What an epoch leaves to the next, in wei, as the distributor counts it: at most one budget (SPEC, 8). */
export function carryAfter(budget: bigint, carry: bigint, added: bigint): bigint {
  const left = budget + carry - added;
  return left > budget ? budget : left;
}

/** The artifact that says so (SPEC, 10): amounts as decimal strings, misses by epoch and request. */
export function artifactJson(input: EpochInput, result: Recomputed): JsonObject {
  const misses = [...input.misses].sort(
    (a, b) => a.deadlineEpoch - b.deadlineEpoch || (a.requestId < b.requestId ? -1 : 1),
  );
  return {
    schema: "provender.artifact/1",
    specVersion: SPEC_VERSION,
    chainId: String(input.chainId),
    distributor: input.distributor,
    epoch: input.epoch,
    window: { start: String(input.start), end: String(input.end) },
    snapshot: { number: String(input.snapshot.number), hash: input.snapshot.hash },
    policy: policyJson(input.policy),
    policyHash: keccakOf(policyBytes(input.policy)),
    budget: String(input.budget),
    carryIn: String(input.carry),
    carryOut: String(result.carryOut),
    dropped: String(result.dropped),
    added: String(result.added),
    total: String(result.total),
    previousRoot: input.previous.root,
    previousTotal: String(input.previous.total),
    claimedAt: input.previous.claimedAt === undefined ? null : String(input.previous.claimedAt),
    root: result.root,
    fulfilments: { count: input.fulfilments.count, accumulator: input.fulfilments.accumulator },
    misses: misses.map(({ prover, deadlineEpoch, requestId }) => ({ prover, deadlineEpoch, requestId })),
    rows: result.rows.map((row) => ({
      prover: row.prover,
      vault: row.vault,
      work: String(row.work),
      stake: String(row.stake),
      fulfilments: row.fulfilments,
      misses: row.misses,
      fees: String(row.fees),
      protocolFees: String(row.protocolFees),
      commissionBps: row.commissionBps,
      amount: String(row.amount),
      commission: String(row.commission),
      limitedBy: row.limitedBy,
      cumulative: String(row.cumulative),
      cumulativeCommission: String(row.cumulativeCommission),
      ...(row.campaigns && { campaigns: row.campaigns.map(campaignJson) }),
    })),
  };
}

function campaignJson({ campaign, fulfilments, limitedBy, ...sums }: CampaignReward): JsonObject {
  const { amount, work, fees, countedFees, protocolFees } = sums;
  return {
    ...{ campaign, fulfilments, limitedBy, amount: String(amount), work: String(work), fees: String(fees) },
    ...{ countedFees: String(countedFees), protocolFees: String(protocolFees) },
  };
}

/** Its canonical bytes, whose keccak256 is the dataset hash. */
export function artifactBytes(input: EpochInput, result: Recomputed): Uint8Array {
  return new TextEncoder().encode(canonicalText(artifactJson(input, result)));
}
