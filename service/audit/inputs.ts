// SPDX-License-Identifier: AGPL-3.0-only
import type {
  EpochInput,
  LeafEntry,
  Miss,
  Policy,
  PreviousRoot,
  ProverInput,
  Snapshot,
} from "../core/types.ts";
import { fulfilmentHash, rateAt, stakeOver } from "./derive.ts";
import {
  boundsOf,
  type Deployment,
  epochOf,
  type Facts,
  type PostFacts,
  type SegmentFacts,
} from "./facts.ts";
import { ZERO_HASH } from "./hash.ts";
import { readPolicy } from "./policy.ts";
import { carryAfter, recompute } from "./recompute.ts";
import { domainFor } from "./tree.ts";

/** The epoch that is audited, with what it was built on. */
export interface Derived {
  /** Undefined if the leaves that the epoch continues from are not known. */
  readonly input: EpochInput | undefined;
  readonly segment: SegmentFacts;
  readonly carry: bigint;
  readonly previousTotal: bigint;
  /** An earlier epoch whose standing root is not the recomputed one, and that is continued from. */
  readonly broken: { readonly epoch: number; readonly message: string } | undefined;
}

export class UnreadablePolicy extends Error {}

/**
 * The input of `epoch`, with cumulative amounts re-derived from epoch 0 on, or continued from `leaves`, those of the
 * epoch before. Totals and carries are those of the roots that stand: the distributor counts on from them too.
 */
export function deriveInput(
  deployment: Deployment,
  facts: Facts,
  epoch: number,
  snapshot: Snapshot,
  leaves?: readonly LeafEntry[],
): Derived {
  let previous: PreviousRoot = {
    root: domainFor(deployment.chainId, deployment.distributor),
    total: 0n,
    leaves: [],
  };
  let carry = 0n;
  let broken: Derived["broken"];
  for (let k = 0; ; k++) {
    const segment = segmentOf(facts, k);
    const policy = policyOf(segment, k);
    if (policy.continuation !== undefined && segment.fromEpoch === BigInt(k)) {
      const { block } = policy.continuation;
      previous = { ...previous, leaves: claimedBy(facts, block), claimedAt: block };
      broken = undefined;
    } else if (k === epoch && leaves !== undefined) {
      previous = { ...previous, leaves };
      broken = undefined;
    }
    const input = inputOf(deployment, facts, k, { segment, policy, previous, carry, snapshot });
    if (k === epoch) {
      const usable = broken === undefined ? input : undefined;
      return { input: usable, segment, carry, previousTotal: previous.total, broken };
    }
    const post = standingPost(facts, k) as PostFacts;
    // An auditor who continues from the epoch before has no need of what led there.
    const result = leaves === undefined && broken === undefined ? recompute(input) : undefined;
    if (result !== undefined && (result.root !== post.root || result.total !== post.cumulativeTotal)) {
      const message = `its root stands as ${post.root} with total ${post.cumulativeTotal}, recomputed ${result.root} with ${result.total}`;
      broken = { epoch: k, message };
    }
    carry = carryAfter(segment.budget, carry, post.cumulativeTotal - previous.total);
    previous = { root: post.root, total: post.cumulativeTotal, leaves: result?.leaves ?? [] };
  }
}

/** The last post of an epoch: only a vetoed one is followed by another. */
export function standingPost(facts: Facts, epoch: number): PostFacts | undefined {
  return facts.posts.findLast((post) => post.epoch === BigInt(epoch));
}

function segmentOf(facts: Facts, epoch: number): SegmentFacts {
  const segment = facts.segments.findLast(({ fromEpoch }) => fromEpoch <= BigInt(epoch));
  if (segment === undefined) throw new UnreadablePolicy(`no budget segment covers epoch ${epoch}`);
  return segment;
}

function policyOf(segment: SegmentFacts, epoch: number): Policy {
  const policy = readPolicy(Buffer.from(segment.policy.slice(2), "hex"));
  if (policy === undefined) {
    throw new UnreadablePolicy(`the policy in force in epoch ${epoch} is none that this release knows`);
  }
  return policy;
}

interface Continuing {
  readonly segment: SegmentFacts;
  readonly policy: Policy;
  readonly previous: PreviousRoot;
  readonly carry: bigint;
  readonly snapshot: Snapshot;
}

function inputOf(
  deployment: Deployment,
  facts: Facts,
  epoch: number,
  { segment, policy, previous, carry, snapshot }: Continuing,
): EpochInput {
  const { start, end } = boundsOf(deployment, epoch);
  const fulfilled = facts.fulfilments.get(epoch) ?? [];
  const misses: Miss[] = [...facts.misses.values()]
    .flat()
    .filter((miss) => miss.timestamp >= start && miss.timestamp < end)
    .map(({ prover, deadline, id }) => ({
      prover,
      deadlineEpoch: epochOf(deployment, deadline),
      requestId: id,
    }));
  return {
    chainId: deployment.chainId,
    distributor: deployment.distributor,
    epoch,
    start,
    end,
    snapshot,
    budget: segment.budget,
    carry,
    policy,
    previous,
    fulfilments: { count: fulfilled.length, accumulator: fulfilled.reduce(fulfilmentHash, ZERO_HASH) },
    misses,
    provers: proversIn(deployment, facts, epoch, misses),
  };
}

function proversIn(
  { distributor, ...clock }: Deployment,
  facts: Facts,
  epoch: number,
  misses: readonly Miss[],
) {
  const { start, end } = boundsOf({ distributor, ...clock }, epoch);
  const inputs = new Map<string, Mutable<ProverInput>>();
  for (const { prover, vault, registeredAt, rates, assets } of facts.provers.values()) {
    if (registeredAt >= end) continue;
    inputs.set(prover, {
      prover,
      vault,
      work: 0n,
      stake: stakeOver(assets, start, end),
      fulfilments: 0,
      misses: 0,
      fees: 0n,
      protocolFees: 0n,
      commissionBps: rateAt(rates, distributor, later(registeredAt, start)),
    });
  }
  for (const { prover, fee, protocolFee, countedWeight } of facts.fulfilments.get(epoch) ?? []) {
    const input = inputs.get(prover);
    if (input === undefined) continue;
    input.work += countedWeight;
    input.fulfilments++;
    input.fees += fee;
    if (countedWeight > 0n) input.protocolFees += protocolFee;
  }
  for (const { prover } of misses) {
    const input = inputs.get(prover);
    if (input !== undefined) input.misses++;
  }
  return [...inputs.values()];
}

function later(a: bigint, b: bigint): bigint {
  return a < b ? b : a;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What every prover had claimed up to a block: stands in for leaves that were withheld. */
function claimedBy(facts: Facts, block: bigint): LeafEntry[] {
  return [...facts.provers.values()].flatMap(({ prover, claims }) => {
    const made = claims.filter((claim) => claim.block <= block);
    const cumulative = made.at(-1)?.cumulative ?? 0n;
    const cumulativeCommission = made.reduce((sum, { commission }) => sum + commission, 0n);
    return cumulative === 0n ? [] : [{ prover, cumulative, cumulativeCommission }];
  });
}
