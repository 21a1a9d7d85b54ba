// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "viem";
import { beforeAll, describe, expect, test } from "vitest";
import { initKeccak } from "../../../../service/core/keccak.ts";
import { WindowCounter } from "../../../../service/networks/provernet/count.ts";
import type { Fact, LateFact } from "../../../../service/networks/provernet/facts.ts";
import { foldLogs, withoutPayer } from "../../../../service/networks/provernet/fold.ts";
import { paymentsOf } from "../../../../service/networks/provernet/payments.ts";
import { emptyState, windowIn } from "../../../../service/networks/provernet/state.ts";
import type { ProverStats } from "../../../../service/networks/provernet/stats.ts";
import { account, CONTRACTS, MadeLogs } from "./made-logs.ts";

const { market, stakingController } = CONTRACTS;
const epochRewards = CONTRACTS.epochRewards as Hex;
const [P1, P2, V1, V2, R1] = [account(1), account(2), account(11), account(12), account(21)];

beforeAll(() => initKeccak());

function folded(made: MadeLogs) {
  const state = emptyState();
  const { facts, late } = foldLogs(CONTRACTS, state, made.logs, new Map());
  return { state, facts, late: late.map(({ fact }) => fact) };
}

const ofKind = <Kind extends Fact["kind"]>(facts: readonly Fact[], kind: Kind) =>
  facts.filter((fact): fact is Extract<Fact, { kind: Kind }> => fact.kind === kind);
const lateOf = <Kind extends LateFact["kind"]>(facts: readonly LateFact[], kind: Kind) =>
  facts.filter((fact): fact is Extract<LateFact, { kind: Kind }> => fact.kind === kind);

function counted(facts: readonly Fact[], start: number, end: number) {
  const window = { start, end, maximum: 0n, provisional: false };
  const counter = new WindowCounter(CONTRACTS, window, emptyState());
  for (const fact of facts) counter.take(fact);
  return counter.end();
}

describe("ProverNet's traps", () => {
  test("1: counts of a prover that was idle for a whole epoch of theirs begin at 0 again", () => {
    const made = new MadeLogs().at(10).joins(P1, V1);
    const reset = (id: number) => made.log(market, "StatsReset", BigInt(id), 0n);
    const bid = (nonce: number) => {
      const { id } = made.asks(R1, nonce);
      made.log(market, "NewBid", id, P1, `0x${"0".repeat(64)}`);
    };
    bid(1);
    reset(1);
    bid(2);
    reset(2);
    reset(3);
    bid(3);
    const { state, late } = folded(made);
    expect(state.stats.provers[P1]?.[3]?.bids).toBe(1);
    expect(state.stats.global[3]?.requests).toBe(1);
    const over = lateOf(late, "stats").filter(({ prover }) => prover === P1);
    expect(over.map(({ at, counted: own }) => [at, (own as ProverStats).bids])).toEqual([
      [0, 1],
      [1, 2],
    ]);
  });

  test("2 and 17: a window stands as its rewards were first set in it, whatever is popped or set afterwards", () => {
    const made = new MadeLogs().at(10);
    const config = (name: string, from: number, time: number, length: number) =>
      made.log(epochRewards, name, from, BigInt(time), BigInt(length), 1_000n);
    config("EpochConfigSet", 1, 100, 50);
    config("EpochConfigSet", 2, 150, 3_300);
    // Epoch 2 runs, and grows.
    config("EpochConfigPopped", 2, 150, 3_300);
    config("EpochConfigSet", 2, 150, 8_100);
    made.tx().log(epochRewards, "RewardsSet", 2, P1, 7n);
    made.log(epochRewards, "EpochRewardsSet", 2, 7n, 7n);
    made.tx();
    config("EpochConfigPopped", 2, 150, 8_100);
    const { state, late } = folded(made);
    expect(lateOf(late, "settled")).toEqual([
      { kind: "settled", at: 2, start: 150, end: 8_250, maximum: 1_000n },
    ]);
    expect(windowIn(state.configs, 2)).toMatchObject({ start: 150, end: 200 });
    expect(windowIn(state.configs, 0)).toBeUndefined();
  });

  test("2: another configuration than the last one is not taken back", () => {
    const made = new MadeLogs().at(10);
    made.log(epochRewards, "EpochConfigSet", 1, 100n, 50n, 1_000n);
    made.log(epochRewards, "EpochConfigPopped", 1, 100n, 60n, 1_000n);
    expect(() => folded(made)).toThrow(/another configuration/);
  });

  test("7: the protocol fee is the rate at fulfilment, and nothing is logged where it is all", () => {
    const made = new MadeLogs().at(10).joins(P1, V1);
    const [first, second] = [made.asks(R1, 1), made.asks(R1, 2)];
    made.reveals(first, P1, 33n).reveals(second, P1, 33n);
    made.tx().log(market, "ProtocolFeeBpsUpdated", 0n, 1_000n).tx().proves(first, P1, 33n, 30n);
    made.tx().log(market, "ProtocolFeeBpsUpdated", 1_000n, 10_000n).tx().proves(second, P1, 33n, 0n);
    const fees = ofKind(folded(made).facts, "fulfilled").map(({ protocolFee }) => protocolFee);
    expect(fees).toEqual([3n, 33n]);
    const lying = new MadeLogs().at(10).joins(P1, V1);
    const request = lying.asks(R1, 1);
    lying.reveals(request, P1, 33n).tx().proves(request, P1, 33n, 32n);
    expect(() => folded(lying)).toThrow(/at the protocol fee in force it is 33/);
  });

  test("8: a miss is the winner's by the reveals, who may be its own second; without one there is none", () => {
    const made = new MadeLogs().at(10).joins(P1, V1).joins(P2, V2);
    const [missed, empty, early] = [
      made.asks(R1, 1, { deadline: 20 }),
      made.asks(R1, 2, { deadline: 20 }),
      made.asks(R1, 3, { deadline: 40 }),
    ];
    made.reveals(missed, P2, 8n).reveals(missed, P1, 8n).reveals(missed, P1, 4n).reveals(missed, P1, 4n);
    made.reveals(early, P1, 1n).at(30);
    for (const { id, maxFee } of [missed, empty, early]) {
      made.tx().log(market, "Refunded", id, R1, maxFee);
    }
    const refunds = ofKind(folded(made).facts, "refunded");
    expect(refunds.map(({ missedBy }) => missedBy)).toEqual([P1, null, null]);
    expect(refunds[0]?.bids).toEqual([
      { prover: P1, fee: 4n },
      { prover: P1, fee: 4n },
    ]);
  });

  test("10: what the controller slashes is vault and exits together, and what retiring sweeps only the vault logs", () => {
    const made = new MadeLogs().at(10).joins(P1, V1).stakes(P1, V1, 100n).tx();
    made.moves(V1, stakingController, 40n);
    made.log(stakingController, "UnstakeRequested", P1, account(99), 40n, 40n);
    made.tx().slashes(P1, 20n, 12n, V1);
    made.tx().moves(V1, stakingController, 48n).log(V1, "ControllerSlash", 48n, stakingController);
    made.log(stakingController, "ProverRetired", P1);
    const { totals, provers } = folded(made).state;
    expect([totals.treasury, totals.unstaking, provers[P1]?.assets]).toEqual([68n, 32n, 0n]);
    const lying = new MadeLogs().at(10).joins(P1, V1).stakes(P1, V1, 100n).tx();
    lying.moves(V1, stakingController, 5n).log(V1, "ControllerSlash", 5n, stakingController);
    expect(() => folded(lying)).toThrow(/slashed for no reason/);
  });

  test("11: commission is by source, as it is when paid", () => {
    const made = new MadeLogs().at(10).joins(P1, V1, 500).tx();
    const change = (source: string, before: number, after: number, useDefault = false) =>
      made.log(
        stakingController,
        "CommissionRateUpdated",
        P1,
        source,
        BigInt(before),
        BigInt(after),
        useDefault,
      );
    change(epochRewards, 0, 10_000);
    const pay = (commission: bigint) =>
      made.log(stakingController, "RewardsAdded", P1, epochRewards, 100n, commission, 100n - commission);
    pay(100n);
    change(epochRewards, 10_000, 0, true);
    pay(5n);
    const { late } = folded(made);
    expect(lateOf(late, "paid").map(({ commission }) => commission)).toEqual([100n, 5n]);
    change(epochRewards, 7, 8);
    expect(() => folded(made)).toThrow(/another rate/);
  });

  test("12: only what EpochRewards itself paid, of what was set, is a payment of an epoch", () => {
    const set = (at: number, amount: bigint, block: number) =>
      ({ kind: "reward-set", at, prover: P1, amount, block }) as const;
    const paid = (amount: bigint, block: number) =>
      ({
        kind: "paid",
        at: 0,
        prover: P1,
        amount,
        commission: 0n,
        transaction: `0x${block}`,
        block,
      }) as const;
    const { paid: booked, unmatched } = paymentsOf([
      set(1, 5n, 1),
      set(2, 5n, 2),
      paid(5n, 3),
      paid(9n, 4),
      paid(5n, 5),
    ]);
    expect([...booked].map(([epoch, by]) => [epoch, by.get(P1)?.block])).toEqual([
      [1, 3],
      [2, 5],
    ]);
    expect(unmatched.map(({ amount }) => amount)).toEqual([9n]);
    const made = new MadeLogs().at(10).joins(P1, V1).tx();
    made.log(stakingController, "RewardsAdded", P1, account(77), 100n, 0n, 100n);
    expect(lateOf(folded(made).late, "paid")).toEqual([]);
  });

  test("15: a request's input may have any length, and only its head is kept", () => {
    const made = new MadeLogs().at(10).joins(P1, V1);
    const request = made.asks(R1, 1, { input: `0x${"ab".repeat(100_000)}` });
    const state = folded(made).state.requests[request.id];
    expect(state).toMatchObject({ requester: R1, vk: request.vk, digest: request.digest, maxFee: 100n });
    expect(JSON.stringify({ ...state, nonce: 0, maxFee: 0, minStake: 0 }).length).toBeLessThan(500);
  });

  test("16: what a vault's address held before its prover joined counts from then on, and is a donation", () => {
    const made = new MadeLogs().at(100).tx();
    made.log(CONTRACTS.factory, "VaultCreated", P1, V1, CONTRACTS.token, `0x${"0".repeat(64)}`);
    made.moves(R1, V1, 9n).early();
    made.log(stakingController, "ProverInitialized", P1, V1, 0n);
    const [own] = counted(folded(made).facts, 0, 200).provers;
    expect([own?.assetSeconds, own?.donated]).toEqual([900n, 9n]);
  });

  test("18: a winner may retire with a request assigned, and a slash may take nothing", () => {
    const made = new MadeLogs().at(10).joins(P1, V1);
    const request = made.asks(R1, 1, { deadline: 20 });
    made.reveals(request, P1, 5n).at(15).log(stakingController, "ProverRetired", P1);
    made.at(30).log(market, "Refunded", request.id, R1, request.maxFee);
    made.tx().requestSlashed(request, P1, 1n);
    const { late, state } = folded(made);
    expect(lateOf(late, "missed")).toHaveLength(1);
    expect(lateOf(late, "slashed").map(({ request: id }) => id)).toEqual([request.id]);
    expect(state.totals.treasury).toBe(0n);
  });

  test("19: a fee of 0 pays nobody, and one transaction may bring two proofs", () => {
    const made = new MadeLogs().at(10).joins(P1, V1).joins(P2, V2);
    const [free, a, b] = [made.asks(R1, 1), made.asks(R1, 2), made.asks(R1, 3)];
    made.reveals(free, P1, 0n).reveals(a, P1, 5n).reveals(b, P2, 6n);
    made.tx().proves(free, P1, 0n, 0n).proves(a, P1, 5n, 5n).proves(b, P2, 6n, 6n);
    const done = ofKind(folded(made).facts, "fulfilled");
    expect(done.map(({ prover, fee }) => [prover, fee])).toEqual([
      [P1, 0n],
      [P1, 5n],
      [P2, 6n],
    ]);
  });

  test("20: an empty setRewards settles an epoch, and sets nobody anything", () => {
    const made = new MadeLogs().at(10);
    made.log(epochRewards, "EpochConfigSet", 1, 100n, 50n, 1_000n);
    made.tx().log(epochRewards, "EpochRewardsSet", 4, 0n, 0n);
    const { late } = folded(made);
    expect(lateOf(late, "settled").map(({ at, start }) => [at, start])).toEqual([[4, 250]]);
    expect(lateOf(late, "reward-set")).toEqual([]);
  });

  test("22: an exit that lacks a wei after two slashes is read as it is logged", () => {
    const made = new MadeLogs().at(10).joins(P1, V1).stakes(P1, V1, 3n).tx();
    made.moves(V1, stakingController, 3n);
    made.log(stakingController, "UnstakeRequested", P1, account(99), 3n, 3n);
    made.tx().slashes(P1, 1n, 0n, V1).tx().slashes(P1, 1n, 0n, V1);
    made.tx().log(stakingController, "UnstakeCompleted", P1, account(99), 2n);
    expect(folded(made).state.totals.unstaking).toBe(-1n);
  });
});

describe("the requester", () => {
  test("is who paid in the log before, in the same transaction; of other requests the market is asked", () => {
    const made = new MadeLogs().at(10);
    const paid = made.asks(R1, 1);
    const unpaid = made.asks(R1, 2, { paid: false });
    expect(withoutPayer(CONTRACTS, made.logs)).toEqual([unpaid.id]);
    const state = emptyState();
    foldLogs(CONTRACTS, state, made.logs, new Map([[unpaid.id, P2]]));
    expect([state.requests[paid.id]?.requester, state.requests[unpaid.id]?.requester]).toEqual([R1, P2]);
  });
});

describe("logs that contradict each other stop the reading", () => {
  const base = () => new MadeLogs().at(10).joins(P1, V1).joins(P2, V2);
  test.each<[string, (made: MadeLogs) => unknown, RegExp]>([
    [
      "a proof by who has not won",
      (made) => {
        const request = made.asks(R1, 1);
        made.reveals(request, P1, 5n).tx().proves(request, P2, 5n, 5n);
      },
      /has not won/,
    ],
    [
      "a proof at another fee than the second lowest",
      (made) => {
        const request = made.asks(R1, 1);
        made.reveals(request, P1, 5n).reveals(request, P2, 7n).tx().proves(request, P1, 5n, 5n);
      },
      /names a fee/,
    ],
    [
      "a payment without a proof",
      (made) => made.tx().log(stakingController, "RewardsAdded", P1, market, 5n, 0n, 5n),
      /without a proof/,
    ],
    ["a vault that gives more than it holds", (made) => made.tx().moves(V1, R1, 1n), /than it holds/],
    [
      "rewards without their sum",
      (made) => made.tx().log(epochRewards, "RewardsSet", 1, P1, 5n),
      /no sum of them/,
    ],
    [
      "a bid on what nobody asked for",
      (made) => made.tx().log(market, "BidRevealed", `0x${"7".repeat(64)}`, P1, 1n),
      /not pending/,
    ],
  ])("%s", (_, lie, message) => {
    const made = base();
    lie(made);
    expect(() => folded(made)).toThrow(message);
  });
});

test("a configuration that gives epochs no time is none", () => {
  const made = new MadeLogs().at(10).log(epochRewards, "EpochConfigSet", 1, 0n, 0n, 5n);
  expect(() => folded(made)).toThrow(/gives epochs no time/);
});
