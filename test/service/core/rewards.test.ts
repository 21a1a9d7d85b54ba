// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { artifactOf, decodeArtifact, encodeArtifact, epochInputOf } from "../../../service/core/artifact.ts";
import { computeEpoch } from "../../../service/core/epoch.ts";
import { hexOf } from "../../../service/core/hex.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf, leafHash } from "../../../service/core/leaf.ts";
import { claimOf } from "../../../service/core/reward-tree.ts";
import { potOf, rewardsOf, workingsOf } from "../../../service/core/rewards.ts";
import { verifyProof } from "../../../service/core/tree.ts";
import type { Address, EpochInput, Guards, PolicyV1, ProverInput } from "../../../service/core/types.ts";

beforeAll(initKeccak);

const money = fc.oneof(
  fc.constant(0n),
  fc.bigInt({ min: 0n, max: 1000n }),
  fc.bigInt({ min: 0n, max: 1n << 95n }),
);
const ratio = fc.bigInt({ min: 1n, max: 1000n });
const address = (i: number): Address => `0x${(i + 1).toString(16).padStart(40, "0")}`;

const provers = fc
  .array(
    fc.record({
      work: money,
      stake: money,
      fulfilments: fc.nat(5),
      misses: fc.constant(0),
      fees: money,
      protocolFees: money,
      commissionBps: fc.integer({ min: 0, max: 10_000 }),
    }),
    { maxLength: 12 },
  )
  .map((list): ProverInput[] =>
    list.map((item, i) => ({ ...item, prover: address(2 * i), vault: address(2 * i + 1) })),
  );

const guards = fc.record({
  exclusions: fc
    .uniqueArray(fc.nat(11), { maxLength: 2 })
    .map((indices) => indices.map((i) => ({ prover: address(2 * i), reason: "r" }))),
  feeMatchBps: fc.option(fc.integer({ min: 1, max: 20_000 })),
  minStake: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 1000n })),
});

const policyWith = (allGuards: fc.Arbitrary<Guards>): fc.Arbitrary<PolicyV1> =>
  fc
    .tuple(ratio, ratio, allGuards, fc.constantFrom("capped", "min-share", "work"))
    .map(([n, d, chosen, id]): PolicyV1 => {
      const common = { version: 1, guards: chosen } as const;
      if (id === "capped") return { ...common, id, params: { capNumerator: n, capDenominator: d } };
      if (id === "min-share") return { ...common, id, params: { boostNumerator: n, boostDenominator: d } };
      return { ...common, id: "work", params: {} };
    });

const input: fc.Arbitrary<EpochInput> = fc
  .record({ provers, policy: policyWith(guards), budget: money, carry: money })
  .map((parts) => ({
    ...parts,
    chainId: 1n,
    distributor: address(1000),
    epoch: 0,
    start: 0n,
    end: 100n,
    snapshot: { number: 7n, hash: `0x${"00".repeat(32)}` },
    previous: { root: domainOf(1n, address(1000)), total: 0n, leaves: [] },
    fulfilments: {
      count: parts.provers.reduce((sum, prover) => sum + prover.fulfilments, 0),
      accumulator: `0x${"00".repeat(32)}`,
    },
    misses: [],
  }));

/** The same provers a second time, so that cumulative amounts continue. */
const next = (given: EpochInput): EpochInput => {
  const first = computeEpoch(given);
  return {
    ...given,
    epoch: 1,
    carry: first.carry,
    previous: { root: first.root, total: first.total, leaves: first.leaves },
  };
};

const amounts = (policy: PolicyV1, offered: bigint, list: readonly ProverInput[]) =>
  rewardsOf(policy, potOf(offered, list), list).map(({ amount }) => amount);
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

describe("every policy with every guard", () => {
  it("pays, carries and drops exactly what was offered, and carries at most one budget", () => {
    fc.assert(
      fc.property(input, (given) => {
        const { added, carry, dropped, rows } = computeEpoch(given);
        expect(added + carry + dropped).toBe(given.budget + given.carry);
        expect(sum(rows.map((row) => row.amount))).toBe(added);
        expect(carry <= given.budget).toBe(true);
        if (carry < given.budget) expect(dropped).toBe(0n);
      }),
    );
  });

  it("gives the same bytes in any order of the inputs, and they decode to the same epoch", () => {
    fc.assert(
      fc.property(input, fc.infiniteStream(fc.nat()), (given, random) => {
        const second = next(given);
        const shuffled = second.provers
          .map((prover) => ({ prover, key: random.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ prover }) => prover);
        const bytes = encodeArtifact(artifactOf(computeEpoch(second)));
        const leaves = second.previous.leaves.toReversed();
        const other = { ...second, provers: shuffled, previous: { ...second.previous, leaves } };
        expect(encodeArtifact(artifactOf(computeEpoch(other)))).toEqual(bytes);
        expect(encodeArtifact(artifactOf(computeEpoch(epochInputOf(decodeArtifact(bytes)))))).toEqual(bytes);
      }),
    );
  });

  it("keeps every leaf, decreases none, and each can be claimed with its merkleProof", () => {
    fc.assert(
      fc.property(input, (given) => {
        const second = next(given);
        const result = computeEpoch(second);
        expect(sum(result.leaves.map((leaf) => leaf.cumulative))).toBe(result.total);
        for (const leaf of second.previous.leaves) {
          const claim = claimOf(result.tree, leaf.prover);
          expect(claim !== undefined && claim.cumulative >= leaf.cumulative).toBe(true);
          expect(claim !== undefined && claim.cumulativeCommission >= leaf.cumulativeCommission).toBe(true);
        }
        for (const leaf of result.leaves) {
          const merkleProof = claimOf(result.tree, leaf.prover)?.merkleProof ?? [];
          expect(verifyProof(leafHash(result.tree.domain, leaf), merkleProof, result.root)).toBe(true);
          const more = { ...leaf, cumulative: leaf.cumulative + 1n };
          expect(verifyProof(leafHash(result.tree.domain, more), merkleProof, result.root)).toBe(false);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("pays nobody more than its part of the work, and says what limited whom", () => {
    fc.assert(
      fc.property(provers, policyWith(guards), money, (list, policy, offered) => {
        const pot = potOf(offered, list);
        const unguarded: PolicyV1 = {
          version: 1,
          id: "work",
          params: {},
          guards: { exclusions: [], feeMatchBps: null, minStake: 0n },
        };
        const most = amounts(unguarded, offered, list);
        rewardsOf(policy, pot, list).forEach(({ amount, limitedBy }, i) => {
          const part = most[i] as bigint;
          expect(amount <= part).toBe(true);
          // Flooring alone may cost the wei that largest remainders would have dealt.
          if (limitedBy === "none") expect(part - amount <= (policy.id === "work" ? 0n : 1n)).toBe(true);
          else expect(amount < part).toBe(true);
          if (limitedBy === "excluded" || limitedBy === "min-stake") expect(amount).toBe(0n);
        });
      }),
    );
  });

  it("never pays more than the fee match allows", () => {
    fc.assert(
      fc.property(provers, policyWith(guards), money, (list, policy, offered) => {
        const { feeMatchBps } = policy.guards;
        fc.pre(feeMatchBps !== null);
        amounts(policy, offered, list).forEach((amount, i) => {
          expect(amount * 10_000n <= BigInt(feeMatchBps) * (list[i] as ProverInput).protocolFees).toBe(true);
        });
      }),
    );
  });
});

it("the working names every limit, with both parts of every ratio", () => {
  const one: ProverInput = {
    ...{ prover: address(0), vault: address(1), work: 1n, stake: 1_000n },
    ...{ fulfilments: 1, misses: 0, fees: 0n, protocolFees: 77n, commissionBps: 0 },
  };
  const other = { ...one, prover: address(2), vault: address(3), work: 3n, stake: 400n };
  const idle = { ...one, prover: address(4), vault: address(5), work: 0n, stake: 9_999n };
  const list = [one, other, idle];
  const pot = potOf(1_001n, list);
  expect(pot).toEqual({ offered: 1_001n, work: 4n, stake: 1_400n });
  const chosen: Guards = {
    exclusions: [{ prover: address(2), reason: "r" }],
    feeMatchBps: 9_001,
    minStake: 401n,
  };
  const feeMatch = { limitedBy: "fee-match", atMost: 69n };
  const excluded = { limitedBy: "excluded", atMost: 0n };
  const tooLittle = { limitedBy: "min-stake", atMost: 0n };
  const stakeCap = (atMost: bigint) => ({ limitedBy: "stake", atMost });

  const capped: PolicyV1 = {
    version: 1,
    guards: chosen,
    id: "capped",
    params: { capNumerator: 3n, capDenominator: 7n },
  };
  expect(workingsOf(capped, pot, list)).toEqual([
    { part: 250n, limits: [stakeCap(428n), feeMatch] },
    { part: 750n, limits: [excluded, tooLittle, stakeCap(171n), feeMatch] },
    { part: 0n, limits: [stakeCap(4_285n), feeMatch] },
  ]);
  const minShare: PolicyV1 = {
    ...{ version: 1, guards: { ...chosen, feeMatchBps: null, minStake: 400n } },
    ...{ id: "min-share", params: { boostNumerator: 3n, boostDenominator: 7n } },
  };
  expect(workingsOf(minShare, pot, list)).toEqual([
    { part: 250n, limits: [stakeCap(306n)] },
    { part: 750n, limits: [excluded, stakeCap(122n)] },
    { part: 0n, limits: [stakeCap(3_063n)] },
  ]);
  const work: PolicyV1 = { version: 1, guards: { ...chosen, exclusions: [] }, id: "work", params: {} };
  expect(workingsOf(work, pot, list)).toEqual([
    { part: 250n, limits: [feeMatch] },
    { part: 751n, limits: [tooLittle, feeMatch] },
    { part: 0n, limits: [feeMatch] },
  ]);
});

describe("capped and min-share", () => {
  const noMinimum = guards.map((chosen) => ({ ...chosen, minStake: 0n, exclusions: [] }));
  const capped = policyWith(noMinimum).filter(({ id }) => id !== "work");
  const part = fc.bigInt({ min: 0n, max: 1n << 95n });

  it("splitting one prover into two gains nothing", () => {
    fc.assert(
      fc.property(
        provers.filter((list) => list.length > 0),
        capped,
        money,
        part,
        part,
        part,
        (list, policy, offered, w, s, f) => {
          const [whole, ...others] = list as [ProverInput, ...ProverInput[]];
          const split = (value: bigint, at: bigint) => (value === 0n ? 0n : at % (value + 1n));
          const one = {
            ...whole,
            work: split(whole.work, w),
            stake: split(whole.stake, s),
            protocolFees: split(whole.protocolFees, f),
          };
          const two = {
            ...whole,
            work: whole.work - one.work,
            stake: whole.stake - one.stake,
            protocolFees: whole.protocolFees - one.protocolFees,
          };
          const [before] = amounts(policy, offered, list) as [bigint];
          const [first, second] = amounts(policy, offered, [one, two, ...others]) as [bigint, bigint];
          expect(first + second <= before).toBe(true);
        },
      ),
    );
  });

  it("capped: nobody's stake changes what another gets", () => {
    fc.assert(
      fc.property(
        provers.filter((list) => list.length > 1),
        capped,
        money,
        part,
        (list, policy, offered, stake) => {
          fc.pre(policy.id === "capped");
          const [first, ...others] = list as [ProverInput, ...ProverInput[]];
          const [, ...before] = amounts(policy, offered, list);
          const [, ...after] = amounts(policy, offered, [{ ...first, stake }, ...others]);
          expect(after).toEqual(before);
        },
      ),
    );
  });
});

it("a random address order is the order of the rows", () => {
  const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 });
  fc.assert(
    fc.property(
      input,
      fc.uniqueArray(bytes, { minLength: 24, maxLength: 24, selector: hexOf }),
      (given, random) => {
        const list = given.provers.map((prover, i) => ({
          ...prover,
          prover: hexOf(random[2 * i] as Uint8Array),
          vault: hexOf(random[2 * i + 1] as Uint8Array),
        }));
        const rows = computeEpoch({ ...given, provers: list }).rows.map(({ prover }) => BigInt(prover));
        expect(rows).toEqual(rows.toSorted((a, b) => (a < b ? -1 : 1)));
      },
    ),
  );
});
