// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assetsHash,
  type Fulfilled,
  fulfilmentHash,
  type Missed,
  missHash,
  type RateChange,
  rateAt,
  rateHash,
  stakeOver,
} from "../../../service/audit/derive.ts";
import { hashOfWords, keccakOf, ZERO_HASH } from "../../../service/audit/hash.ts";
import { isOfLaterVersion, policyBytes, readPolicy } from "../../../service/audit/policy.ts";
import { commissionAt } from "../../../service/core/commission.ts";
import { stake } from "../../../service/core/stake.ts";
import type { Address, Hex, Policy } from "../../../service/core/types.ts";
import { type PolicyVectors, type RateVectors, readVectors, type StakeVectors } from "../core/vectors.ts";
import { sortedText } from "../helpers/sorted-text.ts";

interface Ids {
  statement: { verifierKeyHash: Hex; programKey: Hex; publicValuesDigest: Hex; statementId: Hex };
  fulfilments: ({ accumulator: Hex; requestId: Hex } & Record<string, string>)[];
  misses: ({ accumulator: Hex; requestId: Hex } & Record<string, string>)[];
  commissions: ({ accumulator: Hex } & Record<string, string | number>)[];
}

describe("the auditor rebuilds the ids", () => {
  const ids = readVectors<Ids>("ids");
  const HASHES = ["requestId", "prover", "statementId", "source"];
  /** Numbers come as strings or as JSON numbers, hashes and addresses as they are. */
  const typed = <T>({ accumulator: _, requestId, ...entry }: Record<string, string | number>): T => {
    const fields = Object.entries(entry).map(([key, value]) => [
      key,
      HASHES.includes(key) ? value : BigInt(value),
    ]);
    return { id: requestId, ...Object.fromEntries(fields) } as T;
  };
  const folded = <T>(
    entries: readonly Record<string, string | number>[],
    fold: (previous: Hex, entry: T) => Hex,
  ): Hex[] => {
    let previous = ZERO_HASH;
    return entries.map((entry) => {
      previous = fold(previous, typed<T>(entry));
      return previous;
    });
  };
  const expected = (entries: readonly { accumulator: Hex }[]) =>
    entries.map(({ accumulator }) => accumulator);

  it("statements have the ids of the vectors", () => {
    const { verifierKeyHash, programKey, publicValuesDigest, statementId } = ids.statement;
    expect(hashOfWords(verifierKeyHash, programKey, publicValuesDigest)).toBe(statementId);
  });
  it("fulfilments fold to the accumulators of the vectors", () => {
    expect(folded<Fulfilled>(ids.fulfilments, fulfilmentHash)).toEqual(expected(ids.fulfilments));
  });
  it("misses fold to the accumulators of the vectors", () => {
    expect(folded<Missed>(ids.misses, missHash)).toEqual(expected(ids.misses));
  });
  it("commissions fold to the rolling hashes of the vectors", () => {
    expect(folded<RateChange>(ids.commissions, rateHash)).toEqual(expected(ids.commissions));
  });
});

describe("the auditor rebuilds the stakes", () => {
  const vectors = readVectors<StakeVectors>("stakes");
  const changesOf = (points: StakeVectors["stakes"][number]["points"]) =>
    points.map(({ active, time }) => ({ active: BigInt(active), timestamp: BigInt(time) }));
  const firstBroken = (points: StakeVectors["stakes"][number]["points"]) => {
    let hash = 0n;
    return changesOf(points).findIndex((change, k) => {
      hash = assetsHash(hash, change);
      return hash !== BigInt(points[k]?.rollingHash ?? 0);
    });
  };
  it.each(vectors.stakes.map((vector) => [vector.name, vector] as const))("%s", (_, { points, stake }) => {
    expect(firstBroken(points)).toBe(-1);
    const [start, end] = [BigInt(vectors.start), BigInt(vectors.end)];
    expect(String(stakeOver(changesOf(points), start, end))).toBe(stake);
  });

  it.each(vectors.broken.map((vector) => [vector.name, vector] as const))(
    "and follows no hash of %s",
    (_, { points, at }) => {
      expect(firstBroken(points)).toBe(at);
    },
  );

  it("any stake comes out as the job has it", () => {
    const steps = fc.array(fc.record({ active: fc.bigInt(0n, 1n << 96n), wait: fc.bigInt(0n, 500n) }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(steps, fc.bigInt(1n, 3_000n), fc.bigInt(1n, 3_000n), (taken, start, length) => {
        let timestamp = 0n;
        const changes = taken.map(({ active, wait }) => {
          timestamp += wait;
          return { active, timestamp };
        });
        const points = changes.map((change) => ({ ...change, time: change.timestamp }));
        const end = start + length;
        expect(stakeOver(changes, start, end)).toBe(stake(points, start, end));
      }),
    );
  });
});

describe("the auditor reads policies", () => {
  const { policies, refused, notCanonical, unrunnable } = readVectors<PolicyVectors>("policies");
  it.each(policies.map((vector) => [vector.name, vector] as const))("%s", (_, { canonical, hash }) => {
    const bytes = Buffer.from(canonical);
    expect(keccakOf(bytes)).toBe(hash);
    expect(Buffer.from(policyBytes(readPolicy(bytes) as Policy)).toString()).toBe(canonical);
  });

  it.each(refused.map((vector) => [vector.name, vector] as const))("and refuses %s", (_, { policy }) => {
    expect(readPolicy(Buffer.from(sortedText(policy)))).toBeUndefined();
  });
  it.each(notCanonical.map(({ name, text }) => [name, text] as const))("and refuses %s", (_, text) => {
    expect(readPolicy(Buffer.from(text))).toBeUndefined();
  });
  it.each(unrunnable.map((vector) => [vector.name, vector] as const))("and runs none of %s", (_, vector) => {
    const { text, later } = vector;
    const policy = readPolicy(Buffer.from(text));
    const runs = policy !== undefined && (policy.version === 1 || policy.programs === null);
    expect({ runs, later: isOfLaterVersion(Buffer.from(text)) }).toEqual({ runs: false, later });
  });
});

describe("the auditor rebuilds the rates", () => {
  const { distributor, rates } = readVectors<RateVectors>("rates");
  it.each(rates.map((vector) => [vector.name, vector] as const))("%s", (_, { changes, at }) => {
    const all = changes.map(({ source, bps, announcedAt, effectiveAt }, i) => ({
      source,
      bps: BigInt(bps),
      announcedAt: BigInt(announcedAt),
      effectiveAt: BigInt(effectiveAt),
      sequence: BigInt(i) + 1n,
    }));
    for (const { time, bps, why } of at) {
      expect(rateAt(all, distributor, BigInt(time)), `${time}: ${why}`).toBe(bps);
    }
  });
});

describe("the auditor replays commissions", () => {
  const ZERO: Address = `0x${"0".repeat(40)}`;
  const SOURCE: Address = `0x${"d1".repeat(20)}`;
  const OTHER: Address = `0x${"e2".repeat(20)}`;
  const changes = fc
    .array(
      fc.record({
        source: fc.constantFrom(ZERO, SOURCE, OTHER),
        bps: fc.oneof(fc.bigInt(0n, 10_000n), fc.constant(65_535n)),
        wait: fc.bigInt(0n, 50n),
        notice: fc.oneof(fc.constant(0n), fc.constant(100n)),
      }),
      { maxLength: 12 },
    )
    .map((steps) => {
      let now = 0n;
      const first = { source: ZERO, bps: 1_000n, announcedAt: 0n, effectiveAt: 0n, sequence: 1n };
      const later = steps.map(({ source, bps, wait, notice }, i) => {
        now += wait;
        const removesDefault = source === ZERO && bps === 65_535n;
        return {
          source,
          bps: removesDefault ? 0n : bps,
          announcedAt: now,
          effectiveAt: now + notice,
          sequence: BigInt(i) + 2n,
        };
      });
      return [first, ...later];
    });
  it("as the job reads them", () => {
    fc.assert(
      fc.property(changes, fc.bigInt(0n, 800n), (all, time) => {
        const theirs = all.map((change) => ({ ...change, bps: Number(change.bps), rollingHash: ZERO_HASH }));
        expect(rateAt(all, SOURCE, time)).toBe(commissionAt(theirs, SOURCE, time));
      }),
      { numRuns: 500 },
    );
  });

  it("a newer change replaces one that is only scheduled, and no later one matters", () => {
    const change = (sequence: bigint, bps: bigint, announcedAt: bigint, effectiveAt: bigint): RateChange => ({
      source: ZERO,
      bps,
      announcedAt,
      effectiveAt,
      sequence,
    });
    const all = [change(1n, 1_000n, 0n, 0n), change(2n, 3_000n, 10n, 100n), change(3n, 2_000n, 50n, 150n)];
    expect([9n, 99n, 100n, 149n, 150n].map((time) => rateAt(all, SOURCE, time))).toEqual([
      1_000, 1_000, 1_000, 1_000, 2_000,
    ]);
  });
});
