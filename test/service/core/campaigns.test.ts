// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { addToCampaign, awardsByCampaign } from "../../../service/audit/campaigns.ts";
import type { Fulfilled } from "../../../service/audit/derive.ts";
import { readPolicy } from "../../../service/audit/policy.ts";
import { type Asked, byCampaign, campaignBudget } from "../../../service/core/campaigns.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { parsePolicy, policyFromJson, weightOf } from "../../../service/core/policy.ts";
import type {
  Address,
  CampaignReward,
  CampaignWork,
  Hex,
  PolicyV2,
  ProverInput,
} from "../../../service/core/types.ts";
import { campaignRewards } from "../helpers/campaign-rewards.ts";
import { readVectors } from "./vectors.ts";

beforeAll(initKeccak);

type Text<T> = { [K in keyof T]: T[K] extends bigint ? string : T[K] };

const vectors = readVectors<{
  cases: {
    name: string;
    policy: string;
    budget: string;
    carry: string;
    provers: { prover: Address; stake: string }[];
    fulfilments: Text<Asked>[];
    rows: { prover: Address; amount: string; limitedBy: string; campaigns: Text<CampaignReward>[] }[];
  }[];
  weights: { programs: { vk: Hex; multiplierBps: number }[]; of: [Hex, string, string][] };
}>("campaigns");

const texts = <T extends object>(value: T): Text<T> =>
  Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, typeof item === "bigint" ? String(item) : item]),
  ) as Text<T>;

const prover = (address: Address, stake = 0n): ProverInput => ({
  ...{ prover: address, vault: address, work: 0n, stake, fulfilments: 0, misses: 0, fees: 0n },
  ...{ protocolFees: 0n, commissionBps: 0 },
});

const bytes = (text: string) => new TextEncoder().encode(text);

describe("both implementations find what was worked by hand:", () => {
  it.each(vectors.cases.map((vector) => [vector.name, vector] as const))("%s", (_, vector) => {
    const policy = parsePolicy(bytes(vector.policy)) as PolicyV2;
    expect(readPolicy(bytes(vector.policy))).toEqual(policy);
    const asked = vector.fulfilments.map(
      ({ prover: by, requester, ...amounts }): Asked => ({
        prover: by,
        requester,
        fee: BigInt(amounts.fee),
        protocolFee: BigInt(amounts.protocolFee),
        weight: BigInt(amounts.weight),
        countedWeight: BigInt(amounts.countedWeight),
      }),
    );
    const provers = vector.provers.map((one) => prover(one.prover, BigInt(one.stake)));
    const inputs = byCampaign(policy, provers, asked);
    const theirs = provers.map((one) => ({
      ...one,
      campaigns: asked
        .filter((fulfilment) => fulfilment.prover === one.prover)
        .reduce<readonly CampaignWork[]>(
          (done, fulfilment) => addToCampaign(policy.campaigns, done, fulfilment as unknown as Fulfilled),
          [],
        ),
    }));
    expect(theirs).toEqual(inputs);
    for (const made of [campaignRewards, awardsByCampaign]) {
      const rewards = made(policy, BigInt(vector.budget), inputs);
      expect(
        rewards.map(({ amount, limitedBy, campaigns }, i) => ({
          prover: provers[i]?.prover,
          amount: String(amount),
          limitedBy,
          campaigns: campaigns.map(texts),
        })),
      ).toEqual(vector.rows);
    }
  });
});

it("a fee where logs carry no multipliers weighs by its program, and nothing if that is not listed", () => {
  const { programs, of } = vectors.weights;
  for (const [vk, fee, weight] of of) expect(weightOf(programs, vk, BigInt(fee))).toBe(BigInt(weight));
});

it("programs are refused where logs carry multipliers", () => {
  const policy = JSON.parse(vectors.cases[0]?.policy ?? "") as Record<string, unknown>;
  const text = JSON.stringify({ ...policy, programs: vectors.weights.programs });
  const canonical = text.replace(/\{"vk":("0x\w+"),"multiplierBps":(\d+)\}/g, '{"multiplierBps":$2,"vk":$1}');
  expect(() => policyFromJson(JSON.parse(canonical))).not.toThrow();
  expect(() => parsePolicy(bytes(canonical))).toThrow(/policy.programs/);
});

const address = (i: number): Address => `0x${i.toString(16).padStart(2, "0").repeat(20)}`;
const amount = fc.oneof(fc.bigInt(0n, 20n), fc.bigInt(0n, 10n ** 24n));
const bps = fc.integer({ min: 1, max: 20_000 });

const asked = (provers: readonly number[], requesters: readonly number[]) =>
  fc.array(
    fc
      .record({
        by: fc.constantFrom(...provers),
        requester: fc.constantFrom(...requesters),
        fee: amount,
        protocolBps: fc.bigInt(0n, 3_000n),
        multiplier: fc.bigInt(0n, 20_000n),
        countedBps: fc.bigInt(0n, 10_000n),
      })
      .map(({ by, requester, fee, protocolBps, multiplier, countedBps }): Asked => {
        const weight = fee * multiplier;
        return {
          ...{ prover: address(by), requester: address(requester), fee },
          protocolFee: (fee * protocolBps) / 10_000n,
          weight,
          countedWeight: (weight * countedBps) / 10_000n,
        };
      }),
    { maxLength: 12 },
  );

/** Three campaigns: of requester 0xe0, of requester 0xe1, and everybody else's. */
const campaigns = fc
  .tuple(
    ...([[address(0xe0)], [address(0xe1)], null] as const).map((requesters) =>
      fc.record({
        requesters: fc.constant(requesters?.map((requester) => ({ requester, reason: "known" })) ?? null),
        partBps: fc.integer({ min: 1, max: 3_333 }),
        feeMatch: fc.option(fc.record({ of: fc.constantFrom("fee" as const, "protocol-fee" as const), bps })),
      }),
    ),
  )
  .map((list) => [...list]);

/** What colluding requesters and provers of one campaign take, whatever they do. */
it("a bad choice costs at most min(campaign, bps × counted fees), and no other campaign a wei", () => {
  const honest = asked([1, 2, 3], [0xe1, 0xe5]);
  // Colluders work for the listed requester of campaign 0 alone, and are alone in it.
  const bought = asked([8, 9], [0xe0]);
  fc.assert(
    fc.property(
      campaigns,
      fc.constantFrom("work" as const, "capped" as const),
      honest,
      bought,
      amount,
      (list, id, others, collusion, budget) => {
        const rule =
          id === "work"
            ? { id, params: {} as const }
            : { id, params: { capNumerator: 1n, capDenominator: 10n } };
        const guards = { exclusions: [], minStake: 0n };
        const policy: PolicyV2 = { version: 2, ...rule, guards, campaigns: list, programs: null };
        const provers = [1, 2, 3, 8, 9].map((i) => prover(address(i), BigInt(i) * 10n ** 22n));
        const rewardsOf = (made: readonly Asked[]) =>
          campaignRewards(policy, budget, byCampaign(policy, provers, made));
        const [without, withThem] = [rewardsOf(others), rewardsOf([...others, ...collusion])];
        expect(withThem.slice(0, 3)).toEqual(without.slice(0, 3));
        const taken = withThem.slice(3).reduce((sum, reward) => sum + reward.amount, 0n);
        const part = campaignBudget(list[0] as PolicyV2["campaigns"][number], budget);
        expect(taken <= part).toBe(true);
        const match = list[0]?.feeMatch;
        if (match?.of === "fee") {
          const counted = collusion.reduce(
            (sum, { fee, weight, countedWeight }) =>
              sum + (weight === 0n ? 0n : (fee * countedWeight) / weight),
            0n,
          );
          expect(taken * 10_000n <= BigInt(match.bps) * counted).toBe(true);
        } else if (match) {
          const paid = collusion.reduce((sum, { protocolFee }) => sum + protocolFee, 0n);
          expect(taken * 10_000n <= BigInt(match.bps) * paid).toBe(true);
        }
      },
    ),
    { numRuns: 500 },
  );
});
