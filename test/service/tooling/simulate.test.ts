// SPDX-License-Identifier: AGPL-3.0-only
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { ATTACKS } from "../../../script/simulate/attacks.ts";
import { type Auction, honestAuctions, play } from "../../../script/simulate/market.ts";
import { PHASES } from "../../../script/simulate/phases.ts";
import { settle } from "../../../script/simulate/rewards.ts";
import { DEFAULT_SETTINGS, MARKET, SETTINGS } from "../../../script/simulate/settings.ts";
import { type Row, simulate } from "../../../script/simulate/simulate.ts";
import { type Demand, demandOf, HONEST, randomOf } from "../../../script/simulate/world.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy } from "../../../service/core/policy.ts";

const SIZE = { seed: 7, seeds: 3, epochs: 2, requests: 18 };
const SLOW = 120_000;
const root = fileURLToPath(new URL("../../../", import.meta.url));
const command = ["node_modules/tsx/dist/cli.mjs", "script/simulate/main.ts"];

let rows: Row[];

beforeAll(async () => {
  await initKeccak();
  rows = simulate(SIZE);
}, SLOW);

/** The settings with this fee match. */
const matched = (feeMatchBps: number | null) =>
  rows.filter((_, i) => SETTINGS[i]?.policy.guards.feeMatchBps === feeMatchBps);

describe("with fee match below 100 %", () => {
  it("every self-dealer loses, in every market, under every policy and guard", () => {
    expect(matched(9_000).length).toBeGreaterThan(5);
    for (const { settings, gains } of matched(9_000)) {
      expect(gains["self-dealer"].most < 0n, settings).toBe(true);
      expect(gains["self-dealer with stakers"].most < 0n, settings).toBe(true);
    }
  });

  it("every copier loses", () => {
    for (const { settings, gains } of matched(9_000)) {
      expect(gains["copier, late"].most < 0n, settings).toBe(true);
      expect(gains["copier, first"].most < 0n, settings).toBe(true);
    }
  });

  it("a prover gains by dealing besides only where programs count differently and the budget leaves room", () => {
    const gaining = matched(9_000).filter(({ gains }) => gains["prover dealing besides"].most > 0n);
    expect(gaining.map(({ settings }) => settings)).toEqual([
      "capped, 90 %, a program × 10, small budget",
      "capped, 90 %, a program × 3, small budget",
    ]);
  });

  it("nobody who deals with itself makes more of programs that count 1.1-fold than of such that count alike", () => {
    const [little, alike] = ["capped, 90 %, a program × 1.1, small budget", "capped, 90 %, small budget"].map(
      (name) => rows.find(({ settings }) => settings === name),
    ) as [Row, Row];
    for (const attack of ["self-dealer", "self-dealer with stakers", "prover dealing besides"] as const) {
      expect(little.gains[attack].most <= alike.gains[attack].most, attack).toBe(true);
    }
  });
});

it("at 100 % a self-dealer comes out even at best", () => {
  for (const { gains } of matched(10_000)) {
    expect(gains["self-dealer"].most <= 0n).toBe(true);
    expect(gains["copier, first"].most <= 0n).toBe(true);
  }
});

it("above 100 %, and without fee match, a self-dealer gains: the simulation can tell", () => {
  const [capped, ...others] = [...matched(15_000), ...matched(null)];
  for (const { settings, gains } of [capped as Row, ...others]) {
    if (settings.endsWith("excluded")) expect(gains["self-dealer"].most < 0n).toBe(true);
    else expect(gains["self-dealer"].most > 0n, settings).toBe(true);
  }
});

it("splitting gains no more than floors, and idle stake nothing", () => {
  for (const { settings, gains } of rows) {
    // A wei a fulfilment, for fees and rewards that are divided once more.
    expect(gains["sybil splitter"].most <= BigInt(SIZE.requests), settings).toBe(true);
    expect(gains["whale without work"], settings).toMatchObject({ least: 0n, most: 0n });
  }
});

it("what everybody earns is what proofs are worth, less what they cost, and the rewards paid", () => {
  const auctions = honestAuctions(demandOf(randomOf(3), 3, 40), MARKET);
  const honest = play(auctions, HONEST, MARKET);
  const attacks = Object.values(ATTACKS).flatMap((variantsOf) => variantsOf(honest));
  expect(attacks.length).toBeGreaterThan(20);
  for (const { provers, auctions: held, name } of attacks) {
    const played = play(held, provers, MARKET);
    const { of, stakers, treasury, paid } = settle(played, { ...DEFAULT_SETTINGS, budget: 10n ** 20n });
    expect(paid > 0n).toBe(true);
    const earned = [...of.values()].reduce((sum, amount) => sum + amount, stakers + treasury);
    const made = played.outcomes.reduce(
      (sum, outcome) => (outcome.kind === "fulfilment" ? sum + outcome.value - outcome.cost : sum),
      paid,
    );
    expect(earned, name).toBe(made);
  }
});

it("an auction is won by the lowest bid with collateral, and paid the second-lowest", () => {
  const [demand] = demandOf(randomOf(1), 1, 1) as [Demand];
  const [auction] = honestAuctions([{ ...demand, failing: ["dan"], maxFee: 100n }], MARKET) as [Auction];
  const bid = (prover: string, fee: bigint) => ({ prover, fee, cost: 1n });
  const held = (...bids: ReturnType<typeof bid>[]) =>
    play([{ ...auction, bids }], HONEST, MARKET).outcomes[0];
  expect(held(bid("ada", 60n), bid("ben", 50n), bid("eve", 90n))).toMatchObject({
    kind: "fulfilment",
    prover: "ben",
    fee: 60n,
    protocolFee: 6n,
  });
  expect(held(bid("ada", 60n), bid("ben", 60n))).toMatchObject({ prover: "ada", fee: 60n });
  expect(held(bid("cyd", 70n))).toMatchObject({ prover: "cyd", fee: 70n });
  expect(held(bid("cyd", 70n), bid("nobody", 10n), bid("eve", 101n))).toMatchObject({
    prover: "cyd",
    fee: 70n,
  });
  expect(held(bid("dan", 40n), bid("ada", 60n))).toMatchObject({
    kind: "miss",
    prover: "dan",
    slashed: 100n,
  });
  expect(held()).toBeUndefined();
});

it("the example deployment has the settings that the simulation recommends", () => {
  const example = JSON.parse(readFileSync(`${root}script/deploy.example.json`, "utf8"));
  expect(example.distributor.policy).toBe(new TextDecoder().decode(encodePolicy(DEFAULT_SETTINGS.policy)));
  expect({
    protocolFeeBps: BigInt(example.market.protocolFeeBps),
    lockBps: BigInt(example.market.lockBps),
    maxCommissionBps: BigInt(example.registry.maxCommissionBps),
  }).toEqual(MARKET);
  const multipliers = example.programs.map(({ multiplierBps }: { multiplierBps: number }) => multiplierBps);
  expect(new Set(multipliers).size).toBe(1);
});

describe("the command", () => {
  const run = (...flags: string[]) =>
    execFileSync(
      process.execPath,
      [...command, "--seeds", "1", "--epochs", "1", "--requests", "12", ...flags],
      {
        cwd: root,
        encoding: "utf8",
      },
    );

  it("prints the same bytes for the same seed, and others for another", { timeout: SLOW }, () => {
    const first = run("--seed", "5", "--json");
    expect(run("--seed", "5", "--json")).toBe(first);
    const { policies, markets, phases, ...size } = JSON.parse(first);
    expect(size).toEqual({ seed: 5, seeds: 1, epochs: 1, requests: 12 });
    expect(policies).toHaveLength(SETTINGS.length);
    expect(phases).toHaveLength(PHASES.length);
    expect(markets[0].gains["self-dealer"].most).toMatch(/^-[0-9]+$/);
    const [, other] = [5, 6].map(
      (seed) => simulate({ ...size, seed }, MARKET, SETTINGS.slice(0, 1))[0] as Row,
    );
    expect(String(other?.earned.paid)).not.toBe(policies[0].earned.paid);
  });

  it("prints tables for people", { timeout: SLOW }, () => {
    const text = run();
    expect(text).toMatch(/^settings +self-dealer +self-dealer with stakers +prover dealing besides /m);
    expect(text).toMatch(/^capped, none +\+\d/m);
    expect(text).toMatch(/^bootstrapping, 10 campaigns: [\d.]+ paid an epoch, protocol fees [\d.]+$/m);
    expect(text).toMatch(/^one listed, with the cheapest prover \(listed\) +\+\d/m);
    expect(text).toContain("whale without work: gains under none of the settings");
  });

  it("refuses a size that is none", { timeout: SLOW }, () => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [...command, "--seeds", "0"], {
      cwd: root,
      encoding: "utf8",
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("--seeds 0: give a whole number from 1 to 1000");
  });

  it("refuses a flag that it has not", { timeout: SLOW }, () => {
    const { status, stderr } = spawnSync(process.execPath, [...command, "--sed", "1"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(status).toBe(2);
    expect(stderr).toContain("unknown option '--sed'");
  });
});
