// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import type { Deployment } from "../../../service/audit/deployment.ts";
import type { Fulfilled, Missed } from "../../../service/audit/derive.ts";
import { assetsHash } from "../../../service/audit/derive.ts";
import {
  addFulfilment,
  addMiss,
  addSegment,
  type Facts,
  noFacts,
  type PostFacts,
  type ProverFacts,
} from "../../../service/audit/facts.ts";
import { addAssets, addClaim, noAssets, noClaims } from "../../../service/audit/folds.ts";
import { ZERO_HASH } from "../../../service/audit/hash.ts";
import { continuedFrom, deriveInput, standingPost, trailOf } from "../../../service/audit/inputs.ts";
import type { Logged, LogPosition } from "../../../service/audit/logged.ts";
import { recompute } from "../../../service/audit/recompute.ts";
import { type SegmentFacts, UnreadablePolicy } from "../../../service/audit/segments.ts";
import { domainFor } from "../../../service/audit/tree.ts";
import type { Address, EpochInput, Hex, LeafEntry } from "../../../service/core/types.ts";

const ADA: Address = `0x${"a1".repeat(20)}`;
const BEN: Address = `0x${"b2".repeat(20)}`;
const CAT: Address = `0x${"c3".repeat(20)}`;
const ZERO: Address = `0x${"0".repeat(40)}`;
const DEPLOYMENT: Deployment = {
  chainId: 31_337n,
  distributor: `0x${"d1".repeat(20)}`,
  registry: `0x${"e1".repeat(20)}`,
  market: `0x${"f1".repeat(20)}`,
  startBlock: 0n,
  clockStart: 1_000n,
  epochLength: 100n,
};
const DOMAIN = domainFor(DEPLOYMENT.chainId, DEPLOYMENT.distributor);
const SNAPSHOT = { number: 52n, hash: ZERO_HASH };
const WORK =
  '{"guards":{"exclusions":[],"feeMatchBps":null,"minStake":"0"},"id":"work","params":{},"version":1}';
const logged = <T>(facts: T, block = 1n): Logged<T> => ({ ...facts, at: { ...AT, block } });
const AT: LogPosition = { event: "Any", block: 1n, transaction: ZERO_HASH, index: 0 };
const hex = (text: string): Hex => `0x${Buffer.from(text).toString("hex")}`;

function prover(address: Address, registeredAt: bigint, active: bigint): Logged<ProverFacts> {
  const rate = {
    source: ZERO,
    bps: 1_000n,
    announcedAt: registeredAt,
    effectiveAt: registeredAt,
    sequence: 1n,
    rollingHash: ZERO_HASH,
  };
  const assets = noAssets();
  const change = { active, timestamp: registeredAt };
  addAssets(assets, logged({ ...change, rollingHash: assetsHash(0n, change) }), DEPLOYMENT);
  return logged({
    prover: address,
    vault: `0x9${address.slice(3)}`,
    registeredAt,
    rates: [logged(rate)],
    assets,
    claims: noClaims(),
  });
}

function fulfilled(address: Address, countedWeight: bigint, sequence = 1n): Logged<Fulfilled> {
  return logged({
    id: `0x${String(sequence).padStart(64, "0")}`,
    prover: address,
    requester: CAT,
    sequence,
    statementId: ZERO_HASH,
    fee: 10n,
    protocolFee: 1n,
    weight: countedWeight,
    countedWeight,
    timestamp: 1_010n,
  });
}

function posted(epoch: number, input: EpochInput, change: Partial<PostFacts> = {}): Logged<PostFacts> {
  const { root, total } = recompute(input);
  return logged({
    epoch: BigInt(epoch),
    postNumber: BigInt(epoch) + 1n,
    root,
    cumulativeTotal: total,
    datasetHash: ZERO_HASH,
    snapshotBlock: SNAPSHOT.number,
    snapshotHash: ZERO_HASH,
    ...{ postedAt: 0n, claimableAt: 0n, quorum: 1n, rollingHash: ZERO_HASH },
    ...change,
  });
}

function segment(fromEpoch: bigint, budget: bigint, policy: string): Logged<SegmentFacts> {
  return logged({ fromEpoch, budget, policyHash: ZERO_HASH, policy: hex(policy) });
}

interface Given extends Partial<Facts> {
  readonly fulfilled?: readonly (readonly [epoch: number, logs: readonly Logged<Fulfilled>[]])[];
  readonly missed?: readonly (readonly [epoch: number, log: Logged<Missed>])[];
}

function factsOf({ fulfilled = [], missed = [], ...change }: Given = {}): Facts {
  const facts = {
    ...noFacts(),
    provers: new Map([
      [ADA, prover(ADA, 900n, 50n)],
      [BEN, prover(BEN, 1_150n, 70n)],
    ]),
    segments: [segment(0n, 100n, WORK)],
    posts: [],
    ...change,
  };
  for (const [epoch, logs] of fulfilled) for (const log of logs) addFulfilment(facts, epoch, log);
  for (const [epoch, log] of missed) addMiss(facts, epoch, log, DEPLOYMENT);
  return facts;
}

function inputOf(facts: Facts, epoch: number, leaves?: readonly LeafEntry[]): EpochInput {
  const trail = trailOf(DEPLOYMENT, facts);
  const from = leaves === undefined ? trail : continuedFrom(trail, epoch, leaves);
  const { input } = deriveInput(from, epoch, SNAPSHOT);
  if (input === undefined) throw new Error("the epoch cannot be continued");
  return input;
}

describe("the auditor's inputs", () => {
  it("hold the provers registered before the epoch's end, from their registration on", () => {
    const facts = factsOf();
    expect(inputOf(facts, 0).provers.map((one) => [one.prover, one.stake])).toEqual([[ADA, 50n]]);
    const post = posted(0, inputOf(facts, 0));
    const next = inputOf(factsOf({ posts: [post] }), 1);
    expect(next.provers.map((one) => [one.prover, one.stake])).toEqual([
      [ADA, 50n],
      [BEN, 35n],
    ]);
    expect(next.provers.map((one) => one.commissionBps)).toEqual([1_000, 1_000]);
  });

  it("count every fulfilment, but protocol fees only of those with counted weight", () => {
    const logs = [fulfilled(ADA, 5n), fulfilled(ADA, 0n, 2n)];
    const [ada] = inputOf(factsOf({ fulfilled: [[0, logs]] }), 0).provers;
    expect(ada).toMatchObject({ work: 5n, fulfilments: 2, fees: 20n, protocolFees: 1n });
  });

  it("report a miss in the epoch that logged it, whatever its deadline's", () => {
    const miss: Missed = {
      id: ZERO_HASH,
      prover: ADA,
      sequence: 1n,
      deadline: 1_099n,
      slashed: 3n,
      timestamp: 1_100n,
    };
    const missed = [[0, logged(miss)]] as const;
    const first = inputOf(factsOf({ missed }), 0);
    expect([first.misses, first.provers[0]?.misses]).toEqual([[], 0]);
    const second = inputOf(factsOf({ missed, posts: [posted(0, first)] }), 1);
    expect(second.misses).toEqual([{ prover: ADA, deadlineEpoch: 0, requestId: ZERO_HASH }]);
    expect(second.provers.map((one) => one.misses)).toEqual([1, 0]);
  });

  it("take budget and policy of the last segment in force, the later of two from one epoch", () => {
    const capped =
      '{"guards":{"exclusions":[],"feeMatchBps":null,"minStake":"0"},"id":"capped","params":{"capDenominator":"1","capNumerator":"1"},"version":1}';
    const segments = [segment(0n, 100n, WORK), segment(1n, 70n, WORK), segment(1n, 80n, capped)];
    const first = inputOf(factsOf({ segments }), 0);
    expect([first.budget, first.policy.id]).toEqual([100n, "work"]);
    const second = inputOf(factsOf({ segments, posts: [posted(0, first)] }), 1);
    expect([second.budget, second.policy.id, second.carry]).toEqual([80n, "capped", 100n]);
    const strange = [segment(0n, 100n, WORK.replace("work", "play"))];
    expect(() => inputOf(factsOf({ segments: strange }), 0)).toThrow(UnreadablePolicy);
    expect(() => inputOf(factsOf({ segments: [segment(1n, 1n, WORK)] }), 0)).toThrow(UnreadablePolicy);
  });

  it("say of a segment that it came after work which it gives a campaign to, or takes one from", () => {
    const open = '{"feeMatch":null,"partBps":10000,"requesters":null}';
    const second = `{"campaigns":[${open}],"guards":{"exclusions":[],"minStake":"0"},"id":"work","params":{},"programs":null,"version":2}`;
    const facts = factsOf({ fulfilled: [[1, [fulfilled(ADA, 1n)]]] });
    addSegment(facts, segment(0n, 70n, WORK));
    addSegment(facts, segment(2n, 80n, second));
    expect(facts.late).toEqual([]);
    const late = segment(1n, 90n, second);
    addSegment(facts, late);
    expect(facts.late).toEqual([late]);
  });

  it("carry and continue from the roots that stand", () => {
    const work = [[1, [fulfilled(ADA, 1n)]]] as const;
    const first = posted(0, inputOf(factsOf({ fulfilled: work }), 0));
    expect(first).toMatchObject({ root: DOMAIN, cumulativeTotal: 0n });
    const input = inputOf(factsOf({ fulfilled: work, posts: [first] }), 1);
    expect(input).toMatchObject({ carry: 100n, previous: { root: DOMAIN, total: 0n, leaves: [] } });
    const second = posted(1, input);
    expect(second.cumulativeTotal).toBe(200n);
    const third = inputOf(factsOf({ fulfilled: work, posts: [first, second] }), 2);
    expect(third).toMatchObject({ carry: 0n, previous: { root: second.root, total: 200n } });
    expect(third.previous.leaves).toMatchObject([
      { prover: ADA, cumulative: 200n, cumulativeCommission: 20n },
    ]);
  });

  it("take the last post of an epoch: those before it were vetoed", () => {
    const post = posted(0, inputOf(factsOf(), 0));
    const vetoed = { ...post, root: `0x${"66".repeat(32)}` as Hex, cumulativeTotal: 7n };
    const facts = factsOf({ posts: [vetoed, { ...post, postNumber: 2n }] });
    expect(standingPost(facts, 0)?.postNumber).toBe(2n);
    expect(inputOf(facts, 1).previous.total).toBe(0n);
  });
});

describe("a root that stands although it is wrong", () => {
  const wrong = { root: `0x${"77".repeat(32)}` as Hex, cumulativeTotal: 60n };
  const first = posted(0, inputOf(factsOf(), 0), wrong);

  it("leaves later epochs without leaves, and is named", () => {
    const second = { ...first, epoch: 1n, postNumber: 2n };
    const derived = deriveInput(trailOf(DEPLOYMENT, factsOf({ posts: [first, second] })), 2, SNAPSHOT);
    expect(derived.input).toBeUndefined();
    expect(derived.broken?.epoch).toBe(0);
    expect(derived.broken?.message).toContain(wrong.root);
    // What is spent is spent, by whatever root: 100 − 60, then 100 + 40 − 0, at most one budget.
    expect(derived).toMatchObject({ carry: 100n, previousTotal: 60n });
  });

  it("by its total alone is wrong too", () => {
    const right = posted(0, inputOf(factsOf(), 0));
    const post = { ...right, cumulativeTotal: 1n };
    expect(deriveInput(trailOf(DEPLOYMENT, factsOf({ posts: [post] })), 1, SNAPSHOT).broken?.epoch).toBe(0);
  });

  it("is continued from the leaves of its artifact, when these are given", () => {
    const leaves = [{ prover: ADA, cumulative: 60n, cumulativeCommission: 6n }];
    const input = inputOf(factsOf({ posts: [first] }), 1, leaves);
    expect(input).toMatchObject({ carry: 40n, previous: { ...{ root: wrong.root, total: 60n }, leaves } });
    expect(input.previous.claimedAt).toBeUndefined();
  });

  const claimed = (block: string): Facts => {
    const continuing = WORK.replace('{"guards"', `{"continuation":{"block":"${block}"},"guards"`);
    const claimer = prover(ADA, 900n, 50n);
    const claim = { epoch: 0n, amount: 1n };
    for (const one of [
      logged({ ...claim, cumulative: 10n, commission: 1n }, 40n),
      logged({ ...claim, cumulative: 30n, commission: 2n }, 50n),
      logged({ ...claim, cumulative: 60n, commission: 4n }, 51n),
      logged({ ...claim, cumulative: 80n, commission: 8n }, 53n),
    ]) {
      addClaim(claimer.claims, one, true);
    }
    return factsOf({
      provers: new Map([[ADA, claimer]]),
      segments: [segment(0n, 100n, WORK), segment(1n, 100n, continuing)],
      fulfilled: [[1, [fulfilled(ADA, 1n)]]],
      posts: [first],
    });
  };

  it("is continued from claimed amounts up to the snapshot, where a policy names a later block", () => {
    expect(inputOf(claimed("53"), 1).previous).toMatchObject({
      leaves: [{ prover: ADA, cumulative: 60n, cumulativeCommission: 7n }],
      claimedAt: 53n,
    });
  });

  it("is continued from claimed amounts, in the first epoch of a policy that names a block", () => {
    const facts = claimed("50");
    const input = inputOf(facts, 1);
    expect(input.previous).toEqual({
      root: wrong.root,
      total: 60n,
      leaves: [{ prover: ADA, cumulative: 30n, cumulativeCommission: 3n }],
      claimedAt: 50n,
    });
    expect(recompute(input)).toMatchObject({
      added: 140n,
      total: 200n,
      leaves: [{ prover: ADA, cumulative: 170n, cumulativeCommission: 17n }],
    });
    // The segment's later epochs go on from leaves again.
    facts.posts.push(posted(1, input));
    const next = inputOf(facts, 2);
    expect(next.previous.claimedAt).toBeUndefined();
    expect(next.previous.leaves).toMatchObject([{ cumulative: 170n }]);
  });
});
