// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { policyBytes, readPolicy } from "../../../service/audit/policy.ts";
import { artifactBytes, recompute } from "../../../service/audit/recompute.ts";
import { domainFor, rootFor } from "../../../service/audit/tree.ts";
import { artifactOf, encodeArtifact } from "../../../service/core/artifact.ts";
import { computeEpoch } from "../../../service/core/epoch.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy } from "../../../service/core/policy.ts";
import type { Address, EpochInput, Guards, Hex, Policy, ProverInput } from "../../../service/core/types.ts";

beforeAll(initKeccak);

const RUNS = process.env.FOUNDRY_PROFILE === "deep" ? 10_000 : 500;
const SEED = Number(process.env.PROVENDER_SEED ?? Date.now() % 2 ** 31);
const TIMEOUT = 40 * RUNS + 20_000;

beforeAll(() => console.log(`agreement: ${RUNS} runs, PROVENDER_SEED=${SEED}`));

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

function policyOver(provers: readonly ProverInput[]): fc.Arbitrary<Policy> {
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

const epochInput: fc.Arbitrary<EpochInput> = fc
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
    }),
  )
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

it(
  `the auditor and the job agree to the byte on ${RUNS} epochs of any kind`,
  () => {
    fc.assert(
      fc.property(epochInput, (input) => {
        const theirs = computeEpoch(input);
        const ours = recompute(input);
        expect(ours.rows).toEqual(theirs.rows);
        expect(ours.root).toBe(theirs.root);
        expect({ added: ours.added, total: ours.total, carry: ours.carryOut, dropped: ours.dropped }).toEqual(
          {
            added: theirs.added,
            total: theirs.total,
            carry: theirs.carry,
            dropped: theirs.dropped,
          },
        );
        expect(Buffer.from(artifactBytes(input, ours)).toString()).toBe(
          Buffer.from(encodeArtifact(artifactOf(theirs))).toString(),
        );
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
  TIMEOUT,
);

it(
  "the auditor reads the policy that the job's bytes stand for",
  () => {
    fc.assert(
      fc.property(policyOver([]), (policy) => {
        const bytes = encodePolicy(policy);
        const read = readPolicy(bytes) as Policy;
        expect(Buffer.from(policyBytes(read)).toString()).toBe(Buffer.from(bytes).toString());
        expect(policyBytes(policy)).toEqual(policyBytes(read));
      }),
      { numRuns: RUNS, seed: SEED },
    );
  },
  TIMEOUT,
);
