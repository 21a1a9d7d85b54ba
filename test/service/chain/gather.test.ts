// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, toHex } from "viem";
import { beforeAll, describe, expect, test } from "vitest";
import { type Continuation, carryInto, gather } from "../../../service/chain/gather.ts";
import {
  emptyHistory,
  type History,
  type PostLog,
  type ProverHistory,
} from "../../../service/chain/history.ts";
import type { Reading } from "../../../service/chain/reading.ts";
import type { System } from "../../../service/chain/system.ts";
import { EMPTY_ACCUMULATOR, type FulfilmentEntry } from "../../../service/core/ids.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { domainOf } from "../../../service/core/leaf.ts";
import { encodePolicy, policyHash } from "../../../service/core/policy.ts";
import type { Address, Hex, Policy } from "../../../service/core/types.ts";
import { continuationOf } from "../../../service/epoch/continuation.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { fakeChain, type RpcCall } from "../helpers/chain.ts";
import { temporaryFolder } from "../helpers/folder.ts";

const address = (byte: string): Address => `0x${byte.repeat(20)}`;
const word = (value: number): Hex => numberToHex(value, { size: 32 });
const [ADA, BEN] = [address("aa"), address("bb")];
const DISTRIBUTOR = address("dd");
const WORK: Policy = {
  version: 1,
  id: "work",
  params: {},
  guards: { exclusions: [], feeMatchBps: null, minStake: 0n },
};

let system: System;
beforeAll(async () => {
  await initKeccak();
  system = {
    chainId: 1n,
    distributor: DISTRIBUTOR,
    registry: address("01"),
    market: address("02"),
    token: address("03"),
    symbol: "T",
    domain: domainOf(1n, DISTRIBUTOR),
    startBlock: 0n,
    clockStart: 1000n,
    epochLength: 100n,
  };
});

/** One block every 10 seconds from 1000 on. */
function readingOf(history: History): Reading {
  const { client } = fakeChain(async ({ params }: RpcCall) => {
    const number = Number((params as [string])[0]);
    return { number: numberToHex(number), hash: word(number), timestamp: numberToHex(1000 + 10 * number) };
  });
  return { client, system, history, pinned: { number: 90n, hash: word(90), timestamp: 1900n } };
}

function segment(fromEpoch: number, budget: bigint, policy = WORK) {
  const bytes = encodePolicy(policy);
  return { fromEpoch: BigInt(fromEpoch), budget, policyHash: policyHash(policy), policy: toHex(bytes) };
}

function proverAt(prover: Address, vault: Address, registeredAt: bigint): ProverHistory {
  const commission = {
    source: address("00"),
    bps: 1000,
    announcedAt: registeredAt,
    effectiveAt: registeredAt,
    sequence: 1n,
    rollingHash: EMPTY_ACCUMULATOR,
  };
  return {
    prover,
    vault,
    registeredAt,
    commissions: [commission],
    points: [{ active: 100n, activeSeconds: 0n, time: registeredAt, block: 1n }],
    claims: [],
  };
}

function fulfilment(
  prover: Address,
  sequence: number,
  countedWeight: bigint,
  timestamp: bigint,
): FulfilmentEntry {
  return {
    sequence: BigInt(sequence),
    requestId: word(sequence),
    prover,
    statementId: word(1),
    fee: 50n,
    protocolFee: 5n,
    countedWeight,
    timestamp,
  };
}

function historyOf(budget = 1000n): History {
  const history = emptyHistory();
  history.segments.push(segment(0, budget));
  history.provers.set(ADA, proverAt(ADA, address("a1"), 1000n));
  history.provers.set(BEN, proverAt(BEN, address("b1"), 1150n));
  return history;
}

function post(epoch: number, total: bigint, rest: Partial<PostLog> = {}): PostLog {
  return {
    epoch,
    postNumber: BigInt(epoch + 1),
    root: word(0x100 + epoch),
    total,
    datasetHash: word(0x200 + epoch),
    snapshotBlock: 9n,
    snapshotHash: word(9),
    vetoed: false,
    ...rest,
  };
}

const start = (): Continuation => ({ previous: { root: system.domain, total: 0n, leaves: [] }, carry: 0n });

describe("an epoch's input", () => {
  test("adds up work, fees, and the protocol fees of what was counted", async () => {
    const history = historyOf();
    history.fulfilments.set(0, [fulfilment(ADA, 1, 500n, 1010n), fulfilment(ADA, 2, 0n, 1020n)]);
    const input = await gather(readingOf(history), 0, start());
    expect(input.snapshot).toEqual({ number: 9n, hash: word(9) });
    expect(input.fulfilments.count).toBe(2);
    expect(input.provers).toEqual([
      {
        prover: ADA,
        vault: address("a1"),
        work: 500n,
        stake: 100n,
        fulfilments: 2,
        misses: 0,
        fees: 100n,
        protocolFees: 5n,
        commissionBps: 1000,
      },
    ]);
  });

  test("knows a prover from the epoch of its registration on, with stake for a part of it", async () => {
    const { provers } = await gather(readingOf(historyOf()), 1, start());
    expect(provers.map(({ prover, stake }) => [prover, stake])).toEqual([
      [ADA, 100n],
      [BEN, 50n],
    ]);
  });

  test("lists the misses logged in its window, with their deadline's epoch", async () => {
    const history = historyOf();
    const miss = { sequence: 1n, requestId: word(7), prover: ADA, slashed: 1n };
    history.misses.set(0, [
      { ...miss, deadline: 1090n, timestamp: 1095n },
      { ...miss, sequence: 2n, requestId: word(8), deadline: 1095n, timestamp: 1100n },
    ]);
    const [first, second] = await Promise.all(
      [0, 1].map((epoch) => gather(readingOf(history), epoch, start())),
    );
    expect(first?.misses).toEqual([{ prover: ADA, deadlineEpoch: 0, requestId: word(7) }]);
    expect(second?.misses).toEqual([{ prover: ADA, deadlineEpoch: 0, requestId: word(8) }]);
    expect(second?.provers[0]?.misses).toBe(1);
  });

  test("takes budget and policy from the last segment that has begun", async () => {
    const history = historyOf();
    history.segments.push(segment(1, 7n), segment(1, 8n), segment(2, 9n));
    expect((await gather(readingOf(history), 0, start())).budget).toBe(1000n);
    expect((await gather(readingOf(history), 1, start())).budget).toBe(8n);
  });

  function claimed(block: bigint): History {
    const history = historyOf();
    history.segments.push(segment(1, 8n, { ...WORK, continuation: { block } }));
    history.provers
      .get(ADA)
      ?.claims.push(
        { block: 12n, cumulative: 30n, commission: 3n },
        { block: 14n, cumulative: 50n, commission: 2n },
        { block: 19n, cumulative: 90n, commission: 4n },
        { block: 20n, cumulative: 95n, commission: 5n },
      );
    return history;
  }

  test("counts no claim after the snapshot, even if the policy names a later block", async () => {
    const { previous } = await gather(readingOf(claimed(20n)), 1, start());
    expect(previous).toMatchObject({
      leaves: [{ prover: ADA, cumulative: 90n, cumulativeCommission: 9n }],
      claimedAt: 20n,
    });
  });

  test("continues from claimed amounts where a segment that begins with the epoch says so", async () => {
    const history = claimed(14n);
    const previous = { root: word(5), total: 100n, leaves: [] };
    const input = await gather(readingOf(history), 1, { previous, carry: 0n });
    expect(input.previous).toEqual({
      root: word(5),
      total: 100n,
      leaves: [{ prover: ADA, cumulative: 50n, cumulativeCommission: 5n }],
      claimedAt: 14n,
    });
    const later = await gather(readingOf(history), 2, { previous, carry: 0n });
    expect(later.previous).toEqual(previous);
  });
});

describe("the carry into an epoch", () => {
  test("is what the roots before it left of budget and carry, at most one budget", () => {
    const history = historyOf(100n);
    history.posts.push(post(0, 30n), post(1, 40n), post(2, 200n));
    expect([0, 1, 2, 3].map((epoch) => carryInto(history, epoch))).toEqual([0n, 70n, 100n, 40n]);
  });

  test("is untouched by a vetoed root", () => {
    const history = historyOf(100n);
    history.posts.push(post(0, 30n), post(1, 199n, { vetoed: true }), post(1, 40n));
    expect(carryInto(history, 2)).toBe(100n);
  });

  test("is offered once by an epoch without budget, which leaves none", () => {
    const history = historyOf(100n);
    history.segments.push(segment(1, 0n));
    history.posts.push(post(0, 30n), post(1, 30n));
    expect(carryInto(history, 1)).toBe(70n);
    expect(carryInto(history, 2)).toBe(0n);
  });
});

describe("what an epoch continues from, without artifacts at hand", () => {
  const store = () => fileStore(temporaryFolder());

  function withWork(): History {
    const history = historyOf();
    history.fulfilments.set(0, [fulfilment(ADA, 1, 500n, 1010n)]);
    return history;
  }

  test("is computed for an epoch that is not posted yet", async () => {
    const { previous, carry } = await continuationOf(readingOf(withWork()), store(), 1);
    expect(previous.leaves).toEqual([{ prover: ADA, cumulative: 1000n, cumulativeCommission: 100n }]);
    expect([previous.total, carry]).toEqual([1000n, 0n]);
  });

  test("is refused if another root stands, naming the artifact that is needed", async () => {
    const history = withWork();
    history.posts.push(post(0, 900n));
    await expect(continuationOf(readingOf(history), store(), 1)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`epoch 0 stands with root ${word(0x100)}`),
      hint: expect.stringContaining(word(0x200)),
    });
  });

  test("is the standing root without leaves if a segment replaces them by claimed amounts", async () => {
    const history = withWork();
    history.posts.push(post(0, 900n));
    history.segments.push(segment(1, 8n, { ...WORK, continuation: { block: 14n } }));
    expect(await continuationOf(readingOf(history), store(), 1)).toEqual({
      previous: { root: word(0x100), total: 900n, leaves: [] },
      carry: 100n,
    });
  });
});
