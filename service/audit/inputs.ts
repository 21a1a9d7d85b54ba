// SPDX-License-Identifier: AGPL-3.0-only
import type {
  Address,
  EpochInput,
  Hex,
  LeafEntry,
  Policy,
  PreviousRoot,
  ProverInput,
  Snapshot,
} from "../core/types.ts";
import { boundsOf, type Deployment } from "./deployment.ts";
import { rateAt } from "./derive.ts";
import type { Facts, PostFacts } from "./facts.ts";
import { stakeIn } from "./folds.ts";
import { ZERO_HASH } from "./hash.ts";
import type { Logged } from "./logged.ts";
import { carryAfter, recompute } from "./recompute.ts";
import { policyOf, type SegmentFacts, segmentOf, UnreadablePolicy } from "./segments.ts";
import { domainFor } from "./tree.ts";

/** The epoch that is audited, with what it was built on. */
export interface Derived {
  /** Undefined if the leaves that the epoch continues from are not known. */
  readonly input: EpochInput | undefined;
  readonly segment: SegmentFacts;
  readonly carry: bigint;
  readonly previousTotal: bigint;
  readonly broken: Broken | undefined;
}

/** An earlier epoch whose standing root is not the recomputed one, and that is continued from. */
interface Broken {
  readonly epoch: number;
  readonly message: string;
}

/** What an epoch continues from. */
interface Start {
  readonly previous: PreviousRoot;
  readonly carry: bigint;
  readonly broken?: Broken | undefined;
}

/**
 * Cumulative amounts, re-derived epoch by epoch from epoch 0 on, or continued from the leaves of one root. Totals and
 * carries are those of the roots that stand: the distributor counts on from them too. What is behind a standing root
 * never changes, so each epoch's start is derived once.
 */
export interface Trail {
  readonly deployment: Deployment;
  readonly facts: Facts;
  readonly starts: Map<number, Start>;
}

/** From epoch 0 on, or with the starts that an earlier reading derived: what they rest on stands. */
export function trailOf(deployment: Deployment, facts: Facts, earlier?: Trail): Trail {
  const root = domainFor(deployment.chainId, deployment.distributor);
  const start: Start = { previous: { root, total: 0n, leaves: [] }, carry: 0n };
  return { deployment, facts, starts: earlier?.starts ?? new Map([[0, start]]) };
}

/**
 * A trail on which `epoch` continues from `leaves`, in wei, and nothing is asked about what led there. Each epoch
 * before it must have a post that stands.
 * @throws UnreadablePolicy if no segment covers one of them
 */
export function continuedFrom(
  { deployment, facts }: Trail,
  epoch: number,
  leaves: readonly LeafEntry[],
): Trail {
  let carry = 0n;
  let total = 0n;
  let root = domainFor(deployment.chainId, deployment.distributor);
  for (let k = 0; k < epoch; k++) {
    const post = standingPost(facts, k) as PostFacts;
    carry = carryAfter(segmentOf(facts, k).budget, carry, post.cumulativeTotal - total);
    ({ root, cumulativeTotal: total } = post);
  }
  return { deployment, facts, starts: new Map([[epoch, { previous: { root, total, leaves }, carry }]]) };
}

/**
 * The input of `epoch`, with the carry and the total that it continues from, in wei. Each epoch before it must have a
 * post that stands.
 * @throws UnreadablePolicy if this release, or nobody, can run a policy on the way
 */
export function deriveInput(trail: Trail, epoch: number, snapshot: Snapshot): Derived {
  const { segment, input, start } = deriveFrom(trail, epoch, startOf(trail, epoch), snapshot);
  const { previous, carry, broken } = start;
  const usable = broken === undefined ? input : undefined;
  return { input: usable, segment, carry, previousTotal: previous.total, broken };
}

function startOf(trail: Trail, epoch: number): Start {
  let known = epoch;
  while (!trail.starts.has(known)) known--;
  let start = trail.starts.get(known) as Start;
  for (; known < epoch; known++) {
    start = after(trail, known, start);
    trail.starts.set(known + 1, start);
    // Its leaves are as many as there are provers: one is enough to go on from, and the first to start over.
    if (known > Math.min(...trail.starts.keys())) trail.starts.delete(known);
  }
  return start;
}

/** What the epoch behind `epoch` continues from. */
function after(trail: Trail, epoch: number, from: Start): Start {
  const post = standingPost(trail.facts, epoch) as PostFacts;
  const { snapshotBlock: number, snapshotHash: hash } = post;
  if (isUnrunnable(trail.facts, epoch)) return afterRepeat(trail.facts, epoch, from, post);
  const { segment, input, start } = deriveFrom(trail, epoch, from, { number, hash });
  const result = start.broken === undefined ? recompute(input) : undefined;
  const wrong =
    result !== undefined && (result.root !== post.root || result.total !== post.cumulativeTotal)
      ? `its root stands as ${post.root} with total ${post.cumulativeTotal} wei, recomputed ${result.root} with ${result.total} wei`
      : undefined;
  return {
    previous: { root: post.root, total: post.cumulativeTotal, leaves: result?.leaves ?? [] },
    carry: carryAfter(segment.budget, start.carry, post.cumulativeTotal - start.previous.total),
    broken: wrong === undefined ? start.broken : { epoch, message: wrong },
  };
}

/** Whether nobody can ever run the policy of an epoch. */
function isUnrunnable(facts: Facts, epoch: number): boolean {
  try {
    policyOf(segmentOf(facts, epoch), epoch);
    return false;
  } catch (error) {
    if (error instanceof UnreadablePolicy) return error.forGood;
    throw error;
  }
}

/** Such an epoch adds nothing: it stands with what stood before it. */
function afterRepeat(facts: Facts, epoch: number, from: Start, post: PostFacts): Start {
  const { root, total } = from.previous;
  const repeats = post.root === root && post.cumulativeTotal === total;
  const message = `its policy cannot be run, and its root stands as ${post.root} with total ${post.cumulativeTotal} wei, not as the one before`;
  return {
    previous: { ...from.previous, root: post.root, total: post.cumulativeTotal },
    carry: carryAfter(segmentOf(facts, epoch).budget, from.carry, post.cumulativeTotal - total),
    broken: from.broken ?? (repeats ? undefined : { epoch, message }),
  };
}

/** What stands before an epoch, the total in wei: before epoch 0, the empty tree. */
export function standingBefore({ deployment, facts }: Trail, epoch: number): Standing {
  const post = epoch === 0 ? undefined : standingPost(facts, epoch - 1);
  return {
    root: post?.root ?? domainFor(deployment.chainId, deployment.distributor),
    total: post?.cumulativeTotal ?? 0n,
    datasetHash: post?.datasetHash ?? ZERO_HASH,
  };
}

export interface Standing {
  readonly root: Hex;
  readonly total: bigint;
  readonly datasetHash: Hex;
}

function deriveFrom({ deployment, facts }: Trail, epoch: number, from: Start, snapshot: Snapshot) {
  const segment = segmentOf(facts, epoch);
  const policy = policyOf(segment, epoch);
  const continued = policy.continuation !== undefined && segment.fromEpoch === BigInt(epoch);
  const start = continued ? restartedAt(facts, from, policy.continuation.block, snapshot) : from;
  const { previous, carry } = start;
  const input = inputOf(deployment, facts, epoch, { segment, policy, previous, carry, snapshot });
  return { segment, input, start };
}

/** Claimed amounts take the place of leaves that were withheld: none that came after the epoch's snapshot. */
function restartedAt(facts: Facts, { previous, carry }: Start, block: bigint, { number }: Snapshot): Start {
  if (facts.beside !== undefined) {
    throw new UnreadablePolicy(
      "it continues from claimed amounts, which nothing vouches for beside another network",
    );
  }
  const leaves = [...claimedBy(facts, min(block, number)).values()];
  return { previous: { ...previous, leaves, claimedAt: block }, carry };
}

/**
 * The block up to which the claims count that stand in for withheld leaves (SPEC, 8.1), if any do on the way to
 * `epoch`.
 */
export function lastRestart({ facts, starts }: Trail, epoch: number, snapshot: Snapshot): bigint | undefined {
  const first = Math.min(...starts.keys());
  for (let k = epoch; k >= first; k--) {
    const segment = segmentOf(facts, k);
    if (isUnrunnable(facts, k)) continue;
    const { continuation } = policyOf(segment, k);
    if (continuation === undefined || segment.fromEpoch !== BigInt(k)) continue;
    const last = k === epoch ? snapshot.number : (standingPost(facts, k) as PostFacts).snapshotBlock;
    return min(continuation.block, last);
  }
  return undefined;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The last post of an epoch: only a vetoed one is followed by another. */
export function standingPost(facts: Facts, epoch: number): Logged<PostFacts> | undefined {
  return facts.posts.findLast((post) => post.epoch === BigInt(epoch));
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
  const { count, hash } = facts.work.get(epoch) ?? { count: 0, hash: ZERO_HASH };
  const work = facts.beside?.({ epoch, start, end, policy, snapshot }) ?? {
    fulfilments: { count, accumulator: hash },
    misses: facts.booked.get(epoch) ?? [],
    provers: proversIn(deployment, facts, epoch, policy),
  };
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
    ...work,
  };
}

function proversIn(deployment: Deployment, facts: Facts, epoch: number, policy: Policy): ProverInput[] {
  const { start, end } = boundsOf(deployment, epoch);
  const missed = new Map<Address, number>();
  for (const { prover } of facts.booked.get(epoch) ?? []) missed.set(prover, (missed.get(prover) ?? 0) + 1);
  const work = facts.work.get(epoch)?.provers;
  const inputs: ProverInput[] = [];
  for (const { prover, vault, registeredAt, rates, assets } of facts.provers.values()) {
    if (registeredAt >= end) continue;
    const done = work?.get(prover);
    inputs.push({
      prover,
      vault,
      work: done?.work ?? 0n,
      stake: stakeIn(assets, deployment, epoch),
      fulfilments: done?.fulfilments ?? 0,
      misses: missed.get(prover) ?? 0,
      fees: done?.fees ?? 0n,
      protocolFees: done?.protocolFees ?? 0n,
      commissionBps: rateAt(rates, deployment.distributor, later(registeredAt, start)),
      ...(policy.version === 2 && { campaigns: done?.campaigns ?? [] }),
    });
  }
  return inputs;
}

function later(a: bigint, b: bigint): bigint {
  return a < b ? b : a;
}

/**
 * What every prover had claimed up to a block, that one among them, in wei: stands in for leaves that were withheld.
 */
export function claimedBy(facts: Facts, block: bigint): Map<Address, LeafEntry> {
  const entries = [...facts.provers.values()].flatMap(({ prover, claims }): [Address, LeafEntry][] => {
    const last = claims.made.findLast((claim) => claim.block <= block);
    if (last === undefined || last.cumulative === 0n) return [];
    const { cumulative, cumulativeCommission } = last;
    return [[prover, { prover, cumulative, cumulativeCommission }]];
  });
  return new Map(entries);
}
