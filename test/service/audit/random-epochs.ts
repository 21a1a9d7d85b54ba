// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { expect } from "vitest";
import type { artifactBytes, recompute } from "../../../service/audit/recompute.ts";
import { domainFor, rootFor } from "../../../service/audit/tree.ts";
import type { artifactOf, encodeArtifact } from "../../../service/core/artifact.ts";
import { type Asked, byCampaign } from "../../../service/core/campaigns.ts";
import type { computeEpoch } from "../../../service/core/epoch.ts";
import type {
  Address,
  EpochInput,
  Guards,
  Hex,
  Policy,
  PolicyV2,
  ProverInput,
} from "../../../service/core/types.ts";

const MAX_96 = (1n << 96n) - 1n;

const hash = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes): Hex => `0x${Buffer.from(bytes).toString("hex")}`);
const address = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes): Address => `0x${Buffer.from(bytes).toString("hex")}`);
/** Small ones collide and tie, large ones overflow anything narrower than they need. */
const amount = fc.oneof(fc.bigInt(0n, 5n), fc.bigInt(0n, 10n ** 6n), fc.bigInt(0n, MAX_96));
const factor = fc.oneof(fc.bigInt(1n, 200n), fc.bigInt(1n, MAX_96));

const prover = fc.record({
  prover: address,
  vault: address,
  work: fc.oneof(fc.constant(0n), amount),
  stake: amount,
  fulfilments: fc.nat(20),
  misses: fc.constant(0),
  fees: amount,
  protocolFees: amount,
  commissionBps: fc.nat(10_000),
});

const rule = fc.oneof(
  fc.record({
    id: fc.constant("capped" as const),
    params: fc.record({ capNumerator: factor, capDenominator: factor }),
  }),
  fc.record({
    id: fc.constant("min-share" as const),
    params: fc.record({ boostNumerator: factor, boostDenominator: factor }),
  }),
  fc.constant({ id: "work" as const, params: {} }),
);

export function policyOver(provers: readonly ProverInput[]): fc.Arbitrary<Policy> {
  const excludable = fc.oneof(address, ...provers.map((one) => fc.constant(one.prover)));
  const guards: fc.Arbitrary<Guards> = fc.record({
    exclusions: fc.uniqueArray(
      fc.record({ prover: excludable, reason: fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }) }),
      { maxLength: 3, selector: (exclusion) => exclusion.prover },
    ),
    feeMatchBps: fc.option(fc.integer({ min: 1, max: 20_000 })),
    minStake: fc.oneof(fc.constant(0n), amount),
  });
  return fc
    .record({ version: fc.constant(1 as const), rule, guards })
    .map(
      ({ version, rule: { id, params }, guards: all }) => ({ version, id, params, guards: all }) as Policy,
    );
}

/** A policy of version 2, and who asked whom for what. */
const second = fc.record({
  campaigns: fc
    .array(
      fc.record({
        partBps: fc.integer({ min: 1, max: 2_500 }),
        feeMatch: fc.option(
          fc.record({
            of: fc.constantFrom("fee" as const, "protocol-fee" as const),
            bps: fc.integer({ min: 1, max: 20_000 }),
          }),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .chain((list) => fc.record({ list: fc.constant(list), everybody: fc.nat(list.length) })),
  asked: fc.array(
    fc.record({
      by: fc.nat(11),
      requester: fc.nat(5),
      fee: amount,
      protocolBps: fc.bigInt(0n, 3_000n),
      multiplier: fc.bigInt(0n, 20_000n),
      countedBps: fc.bigInt(0n, 10_000n),
    }),
    { maxLength: 30 },
  ),
});

type Chosen = typeof second extends fc.Arbitrary<infer T> ? T : never;

const requesterOf = (i: number): Address =>
  `0x${String(i + 1)
    .padStart(2, "0")
    .repeat(20)}`;

function underCampaigns<T extends { provers: ProverInput[]; policy: Policy }>(
  given: T,
  { campaigns: { list, everybody }, asked }: Chosen,
): T {
  const { provers, policy } = given;
  const { exclusions, minStake } = policy.guards;
  const rule =
    policy.id === "capped" ? { id: policy.id, params: policy.params } : { id: "work" as const, params: {} };
  const policy2: PolicyV2 = {
    version: 2,
    ...rule,
    programs: null,
    guards: { exclusions, minStake },
    campaigns: list.map((campaign, i) => ({
      ...campaign,
      requesters: i === everybody ? null : [{ requester: requesterOf(i), reason: `requester ${i}` }],
    })),
  };
  const made = asked.flatMap(({ by, requester, fee, protocolBps, multiplier, countedBps }): Asked[] => {
    const prover = provers[by]?.prover;
    if (prover === undefined) return [];
    const weight = fee * multiplier;
    const countedWeight = (weight * countedBps) / 10_000n;
    const protocolFee = (fee * protocolBps) / 10_000n;
    return [{ prover, requester: requesterOf(requester), fee, protocolFee, weight, countedWeight }];
  });
  const summed = provers.map((prover) => {
    const own = made.filter((one) => one.prover === prover.prover);
    const sum = (key: "fee" | "countedWeight") => own.reduce((total, one) => total + one[key], 0n);
    const protocolFees = own
      .filter(({ countedWeight }) => countedWeight > 0n)
      .reduce((total, one) => total + one.protocolFee, 0n);
    return { ...prover, fulfilments: own.length, work: sum("countedWeight"), fees: sum("fee"), protocolFees };
  });
  return { ...given, policy: policy2, provers: byCampaign(policy2, summed, made) };
}

/** An epoch of any kind that keeps the rules of inputs. */
export const epochInput: fc.Arbitrary<EpochInput> = fc
  .uniqueArray(prover, { maxLength: 12, selector: (one) => one.prover })
  .filter((provers) => new Set(provers.map(({ vault }) => vault)).size === provers.length)
  .chain((provers) =>
    fc.record({
      provers: fc.constant(provers),
      policy: policyOver(provers),
      earlier: fc.tuple(...provers.map(() => fc.option(fc.tuple(amount, fc.nat(10_000))))),
      missedBy: fc.array(fc.nat(Math.max(0, provers.length - 1)), {
        maxLength: provers.length === 0 ? 0 : 5,
      }),
      requests: fc.uniqueArray(hash, { minLength: 5, maxLength: 5 }),
      extra: amount,
      chainId: fc.bigInt(1n, 1n << 40n),
      distributor: address,
      epoch: fc.integer({ min: 1, max: 1_000 }),
      start: fc.bigInt(1n, 1n << 32n),
      length: fc.bigInt(3_600n, 7_776_000n),
      snapshot: fc.record({ number: fc.bigInt(0n, 1n << 40n), hash }),
      budget: amount,
      carry: amount,
      accumulator: hash,
      second: fc.option(second, { freq: 2 }),
    }),
  )
  .map(({ second: chosen, ...given }) => (chosen === null ? given : underCampaigns(given, chosen)))
  .map(({ provers, earlier, missedBy, requests, extra, start, length, accumulator, ...rest }) => {
    const leaves = provers.flatMap((one, i) => {
      const [cumulative, bps] = earlier[i] ?? [0n, 0];
      if (cumulative === 0n) return [];
      return [{ prover: one.prover, cumulative, cumulativeCommission: (cumulative * BigInt(bps)) / 10_000n }];
    });
    const misses = missedBy.map((i, n) => ({
      prover: (provers[i] as ProverInput).prover,
      deadlineEpoch: rest.epoch - (n % 2),
      requestId: requests[n] as Hex,
    }));
    return {
      ...rest,
      start,
      end: start + length,
      previous: {
        root: rootFor(domainFor(rest.chainId, rest.distributor), leaves),
        total: leaves.reduce((sum, leaf) => sum + leaf.cumulative, extra),
        leaves,
      },
      fulfilments: { count: provers.reduce((sum, one) => sum + one.fulfilments, 0), accumulator },
      misses,
      provers: provers.map((one, i) => ({ ...one, misses: missedBy.filter((by) => by === i).length })),
    };
  });

export interface Job {
  readonly computeEpoch: typeof computeEpoch;
  readonly artifactOf: typeof artifactOf;
  readonly encodeArtifact: typeof encodeArtifact;
}

export interface Auditor {
  readonly recompute: typeof recompute;
  readonly artifactBytes: typeof artifactBytes;
}

/** Rows, sums, root and the artifact's bytes are the same to both. */
export function expectAgreement(job: Job, auditor: Auditor, input: EpochInput): void {
  const theirs = job.computeEpoch(input);
  const ours = auditor.recompute(input);
  expect(ours.rows).toEqual(theirs.rows);
  expect(ours.root).toBe(theirs.root);
  const { added, total, carry, dropped } = theirs;
  expect({ added: ours.added, total: ours.total, carry: ours.carryOut, dropped: ours.dropped }).toEqual({
    added,
    total,
    carry,
    dropped,
  });
  expect(Buffer.from(auditor.artifactBytes(input, ours)).toString()).toBe(
    Buffer.from(job.encodeArtifact(job.artifactOf(theirs))).toString(),
  );
}
