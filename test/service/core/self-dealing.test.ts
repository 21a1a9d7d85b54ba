// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { potOf } from "../../../service/core/rewards.ts";
import { type Bought, bestBargain, bestDeal, dealOf } from "../../../service/core/self-dealing.ts";
import type { Address, Guards, PolicyRule, PolicyV1, ProverInput } from "../../../service/core/types.ts";

const address = (i: number): Address => `0x${(i + 1).toString(16).padStart(40, "0")}`;

const prover = (i: number, input: Partial<ProverInput>): ProverInput => ({
  prover: address(2 * i),
  vault: address(2 * i + 1),
  work: 0n,
  stake: 0n,
  fulfilments: 0,
  misses: 0,
  fees: 0n,
  protocolFees: 0n,
  commissionBps: 0,
  ...input,
});

const policyOf = (feeMatchBps: number | null, rule: PolicyRule, guards: Partial<Guards> = {}): PolicyV1 => ({
  version: 1,
  ...rule,
  guards: { exclusions: [], feeMatchBps, minStake: 0n, ...guards },
});
const WORK: PolicyRule = { id: "work", params: {} };
const CAPPED: PolicyRule = { id: "capped", params: { capNumerator: 1n, capDenominator: 100n } };
const MIN_SHARE: PolicyRule = { id: "min-share", params: { boostNumerator: 3n, boostDenominator: 2n } };

const rule = fc.constantFrom(WORK, CAPPED, MIN_SHARE);
const amount = fc.bigInt(0n, 10n ** 24n);
const positive = fc.bigInt(1n, 10n ** 24n);

const provers = fc
  .array(fc.record({ work: amount, stake: amount, protocolFees: amount }), { maxLength: 8 })
  .map((list) => list.map((input, i) => prover(i, input)));
const bargain = fc.record({ work: positive, protocolFees: positive });

describe("a newcomer who deals with itself", () => {
  const deal = (
    policy: PolicyV1,
    offered: bigint,
    list: ProverInput[],
    terms: { bargain: Bought; fee: bigint },
  ) => dealOf(policy, potOf(offered, list), { bargain: terms.bargain, protocolFee: terms.fee });

  it("loses at least what fee match lacks to 100 %, under every policy", () => {
    fc.assert(
      fc.property(
        rule,
        fc.integer({ min: 1, max: 9_999 }),
        amount,
        provers,
        bargain,
        positive,
        (...drawn) => {
          const [chosen, feeMatchBps, offered, list, ratio, fee] = drawn;
          const { profit } = deal(policyOf(feeMatchBps, chosen), offered, list, { bargain: ratio, fee });
          expect(profit * 10_000n <= -BigInt(10_000 - feeMatchBps) * fee).toBe(true);
        },
      ),
    );
  });

  it("gains at most what fee match exceeds 100 % by", () => {
    fc.assert(
      fc.property(
        rule,
        fc.integer({ min: 10_000, max: 50_000 }),
        amount,
        provers,
        bargain,
        positive,
        (...drawn) => {
          const [chosen, feeMatchBps, offered, list, ratio, fee] = drawn;
          const { profit } = deal(policyOf(feeMatchBps, chosen), offered, list, { bargain: ratio, fee });
          expect(profit * 10_000n <= BigInt(feeMatchBps - 10_000) * fee).toBe(true);
        },
      ),
    );
  });

  // W = 900 and B = 1000: 100 of work more is a tenth of all, worth 100 of the budget.
  const list = [prover(0, { work: 600n, protocolFees: 60n }), prover(1, { work: 300n, protocolFees: 30n })];
  const terms = { bargain: { work: 600n, protocolFees: 60n }, fee: 10n };
  it.each([
    [null, 100n, 90n],
    [9_000, 9n, -1n],
    [10_000, 10n, 0n],
    [15_000, 15n, 5n],
    [200_000, 100n, 90n],
  ])("with fee match %s it earns %d on fees of 10, a profit of %d", (feeMatchBps, reward, profit) => {
    for (const chosen of [WORK, CAPPED, MIN_SHARE]) {
      const policy = policyOf(feeMatchBps, chosen, { minStake: 10n ** 30n });
      expect(deal(policy, 1_000n, list, terms)).toEqual({ protocolFee: 10n, reward, profit });
    }
  });
});

describe("a prover who deals with itself besides working for others", () => {
  it("gains nothing where all work counts alike for its fees and fee match is below 100 %", () => {
    fc.assert(
      fc.property(
        rule,
        fc.integer({ min: 1, max: 9_999 }),
        amount,
        fc.array(amount, { minLength: 1, maxLength: 6 }),
        bargain,
        (chosen, feeMatchBps, offered, fees, { work, protocolFees }) => {
          const list = fees.map((fee, i) =>
            prover(i, { work: fee * work, protocolFees: fee * protocolFees, stake: 1n }),
          );
          const policy = policyOf(feeMatchBps, chosen);
          const best = bestDeal(policy, potOf(offered, list), list, { work, protocolFees });
          // What flooring and largest remainders may move is a wei each, before and after.
          expect((best?.profit ?? 0n) <= 2n).toBe(true);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("gains at most the room that others' fees leave it", () => {
    fc.assert(
      fc.property(rule, fc.integer({ min: 1, max: 9_999 }), amount, provers, bargain, (...drawn) => {
        const [chosen, feeMatchBps, offered, list, ratio] = drawn;
        const best = bestDeal(policyOf(feeMatchBps, chosen), potOf(offered, list), list, ratio);
        if (best === undefined) return;
        const { protocolFees } = list.find((one) => one.prover === best.prover) as ProverInput;
        expect(best.profit * 10_000n <= BigInt(feeMatchBps) * protocolFees).toBe(true);
        expect(best.profit).toBe(best.reward - best.protocolFee);
      }),
      { numRuns: 60 },
    );
  });

  // A's work counts a tenth of B's for its fees. B = 1000, W = 1000: A has 100 of 900 that fee match would allow.
  const list = [
    prover(0, { work: 100n, protocolFees: 1_000n, stake: 1n }),
    prover(1, { work: 900n, protocolFees: 900n, stake: 1n }),
  ];
  const pot = potOf(1_000n, list);
  const terms = bestBargain(list) as Bought;

  it("gains where work that counts more for its fees fills the room", () => {
    expect(terms).toEqual({ work: 900n, protocolFees: 900n });
    // x of fees buy x of work: reward 1000·(100 + x)/(1000 + x) − 100, and its profit is nowhere above 0.
    expect(bestDeal(policyOf(9_000, WORK), pot, list, terms)).toBeUndefined();
    // With three times the budget a unit earns more than it costs until (1000 + x)² = 3000·900, at x = 643: there
    // 3000·743/1643 = 1356.66 is 1357 with its remainder, 1057 more than before.
    const richer = { ...pot, offered: 3_000n };
    const best = bestDeal(policyOf(9_000, WORK), richer, list, terms);
    expect(best).toMatchObject({ prover: address(0), profit: 414n });
    expect(best?.protocolFee).toSatisfy((fee: bigint) => fee > 600n && fee < 690n);
  });

  it("gains nothing that is excluded", () => {
    const exclusions = [{ prover: address(0), reason: "r" }];
    const richer = { ...pot, offered: 3_000n };
    expect(bestDeal(policyOf(9_000, WORK, { exclusions }), richer, list, terms)).toBeUndefined();
  });
});

it("the best bargain is the most work for its protocol fees, if anybody paid some", () => {
  expect(bestBargain([])).toBeUndefined();
  expect(bestBargain([prover(0, { work: 5n })])).toBeUndefined();
  expect(bestBargain([prover(0, { protocolFees: 5n })])).toBeUndefined();
  const [a, b] = [prover(0, { work: 3n, protocolFees: 2n }), prover(1, { work: 7n, protocolFees: 5n })];
  for (const list of [
    [a, b],
    [b, a],
  ]) {
    expect(bestBargain(list)).toEqual({ work: 3n, protocolFees: 2n });
  }
});
