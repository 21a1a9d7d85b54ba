// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, it } from "vitest";
import { colludingAlone, OUTSIDERS, requesterName } from "../../../script/simulate/attacks.ts";
import { fulfilmentsIn } from "../../../script/simulate/market.ts";
import {
  attackOn,
  bootstrapping,
  PHASES,
  type PhaseRow,
  phaseMarket,
  simulatePhases,
} from "../../../script/simulate/phases.ts";
import { sum } from "../../../script/simulate/world.ts";
import { campaignBudget } from "../../../service/core/campaigns.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy, parsePolicy } from "../../../service/core/policy.ts";
import type { Campaign } from "../../../service/core/types.ts";

const SIZE = { seed: 1, seeds: 1, epochs: 2, requests: 120 };
const BPS = 10_000n;

let rows: PhaseRow[];

beforeAll(async () => {
  await initKeccak();
  // The last one differs in who shares a campaign: what that changes is played below.
  rows = simulatePhases(SIZE, PHASES.slice(0, -1));
}, 120_000);

const rowOf = (name: string) => rows.find(({ phase }) => phase === name) as PhaseRow;

describe("in every phase", () => {
  it("the policy is one that the service runs", () => {
    for (const { policy } of PHASES) expect(parsePolicy(encodePolicy(policy))).toEqual(policy);
  });

  it("nobody outside the lists gains more than without rewards", () => {
    for (const { phase, outsiders } of rows) {
      expect(outsiders.length).toBeGreaterThan(5);
      for (const { attack, gain, withoutRewards } of outsiders) {
        // A wei a fulfilment, for fees and rewards that are divided once more.
        const most = (withoutRewards > 0n ? withoutRewards : 0n) + BigInt(SIZE.requests);
        expect(gain <= most, `${phase}: ${attack}`).toBe(true);
      }
    }
  });
});

it("a foundation pays several times the protocol fees while it builds, and less than them at last", () => {
  const ratio = ({ paid, protocolFees }: PhaseRow) => (paid * 100n) / protocolFees;
  const [ten, twenty, growth, mature] = rows.map(ratio) as [bigint, bigint, bigint, bigint];
  expect(ten > 250n && twenty > 250n && growth > 110n && mature < 100n).toBe(true);
});

it("with ten campaigns 93 % of three times the protocol fees is honest work's at break-even, with twenty 95 %", () => {
  for (const [count, least] of [
    [10, 9_300n],
    [20, 9_500n],
  ] as const) {
    const { breakEvenBps } = rowOf(bootstrapping(count).name);
    expect(breakEvenBps !== null && breakEvenBps >= least, `${count}: ${breakEvenBps}`).toBe(true);
    // It does take something, or the bar would be none.
    expect(breakEvenBps).not.toBe(BPS);
  }
});

it.each([
  ["alone in a campaign", 1],
  ["with another requester in it", 2],
])("collusion %s takes at most its fee match and its campaign, and costs others at most that", (_, each) => {
  const phase = bootstrapping(10 * each, each);
  const market = phaseMarket(phase, SIZE, SIZE.seed);
  const before = market.accounts.paid;
  const gains: bigint[] = [];
  for (const requester of [0, 3, 9]) {
    const campaign = phase.policy.campaigns[Math.floor(requester / each)] as Campaign;
    const most = campaignBudget(campaign, market.settings.budget) * BigInt(SIZE.epochs);
    for (const sizeBps of [1_000n, 7_500n, 20_000n, 60_000n, 200_000n]) {
      const variant = colludingAlone(market.played, requester, sizeBps);
      const { played, gain, paid } = attackOn(market, variant);
      const deals = fulfilmentsIn(played).filter(
        (one) => one.cost === 0n && one.requester === requesterName(requester),
      );
      const matched = (sum(deals, ({ fee }) => fee) * BigInt(campaign.feeMatch?.bps ?? 0)) / BPS;
      const protocolFees = sum(deals, ({ protocolFee }) => protocolFee);
      expect(gain <= (matched < most ? matched : most) - protocolFees, variant.name).toBe(true);
      expect(before - paid.honest <= most, variant.name).toBe(true);
      gains.push(gain);
    }
  }
  expect(gains.some((gain) => gain > 0n)).toBe(true);
  expect(gains.some((gain) => gain < 0n)).toBe(true);
});

it("who burns or copies listed requesters' statements under its own address takes nothing from anybody", () => {
  const market = phaseMarket(bootstrapping(10), SIZE, SIZE.seed);
  const before = market.accounts.paid;
  for (const attack of ["burner", "copiers with ten addresses", "self-dealer"]) {
    for (const variant of OUTSIDERS[attack]?.(market.played) ?? []) {
      const { played, paid } = attackOn(market, variant);
      expect(played.outcomes.length, attack).toBeGreaterThan(market.played.outcomes.length);
      expect(paid, attack).toEqual({ honest: before, all: before });
    }
  }
});

it("where everybody is paid by the fee, a self-dealer gains: the simulation can tell", () => {
  const [phase] = PHASES.filter(({ name }) => name.startsWith("mature"));
  const { policy } = phase as (typeof PHASES)[number];
  const campaigns = policy.campaigns.map((campaign) => ({
    ...campaign,
    feeMatch: { of: "fee" as const, bps: 4_000 },
  }));
  const open = {
    ...(phase as (typeof PHASES)[number]),
    budgetBps: 30_000n,
    policy: { ...policy, campaigns },
  };
  const [row] = simulatePhases({ ...SIZE, requests: 30 }, [open]);
  const dealer = row?.outsiders.find(({ attack }) => attack === "self-dealer");
  expect(dealer !== undefined && dealer.gain > 0n).toBe(true);
});
