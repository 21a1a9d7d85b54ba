// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, test } from "vitest";
import {
  checkClaims,
  checkFulfilments,
  checkMisses,
  checkVaultPoints,
} from "../../../service/chain/checks.ts";
import type { VaultPoint } from "../../../service/chain/history.ts";
import {
  EMPTY_ACCUMULATOR,
  type FulfilmentEntry,
  fulfilmentStep,
  type MissEntry,
  missStep,
} from "../../../service/core/ids.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Address, Hex } from "../../../service/core/types.ts";

const PROVER: Address = `0x${"aa".repeat(20)}`;
const VAULT: Address = `0x${"bb".repeat(20)}`;
const word = (value: number): Hex => `0x${value.toString(16).padStart(64, "0")}`;

beforeAll(initKeccak);

describe("fulfilment logs against the accumulator", () => {
  const log: FulfilmentEntry[] = [1, 2, 3].map((n) => ({
    sequence: BigInt(n),
    requestId: word(n),
    prover: PROVER,
    statementId: word(100 + n),
    fee: BigInt(n),
    protocolFee: 0n,
    countedWeight: BigInt(n * 10_000),
    timestamp: BigInt(1000 + n),
  }));
  const onChain = () => ({ hash: log.reduce(fulfilmentStep, EMPTY_ACCUMULATOR), count: 3n });

  test("pass if they are complete", () => {
    expect(() => checkFulfilments(4, log, onChain())).not.toThrow();
  });

  test("pass for an epoch without any", () => {
    expect(() => checkFulfilments(4, [], { hash: EMPTY_ACCUMULATOR, count: 0n })).not.toThrow();
  });

  test.each([0, 1, 2])("name epoch and sequence of a missing one (index %i)", (index) => {
    expect(() => checkFulfilments(4, log.toSpliced(index, 1), onChain())).toThrow(
      `epoch 4: fulfilment ${index + 1} of 3 is missing from the logs`,
    );
  });

  test("name one that was added at the end", () => {
    const added = [...log, { ...(log[2] as FulfilmentEntry), sequence: 4n }];
    expect(() => checkFulfilments(4, added, onChain())).toThrow("fulfilment 4 of 3 is in the logs");
  });

  test("name one that is out of order", () => {
    const [first, second, third] = log as [FulfilmentEntry, FulfilmentEntry, FulfilmentEntry];
    expect(() => checkFulfilments(4, [first, third, second], onChain())).toThrow(
      "fulfilment 2 of 3 is out of order",
    );
  });

  test("say that one was altered", () => {
    const altered = log.map((entry, i) => (i === 1 ? { ...entry, countedWeight: 1n } : entry));
    expect(() => checkFulfilments(4, altered, onChain())).toThrow("one of them was altered");
  });
});

describe("miss logs against the accumulator", () => {
  const miss: MissEntry = {
    sequence: 1n,
    requestId: word(1),
    prover: PROVER,
    deadline: 900n,
    slashed: 5n,
    timestamp: 1000n,
  };
  const onChain = () => ({ hash: missStep(EMPTY_ACCUMULATOR, miss), count: 1n });

  test("pass if they are complete", () => {
    expect(() => checkMisses(2, [miss], onChain())).not.toThrow();
  });

  test("name a missing one", () => {
    expect(() => checkMisses(2, [], onChain())).toThrow("epoch 2: miss 1 of 1 is missing from the logs");
  });
});

describe("a vault's changes of active assets", () => {
  const points: VaultPoint[] = [
    { active: 10n, activeSeconds: 0n, time: 100n, block: 5n },
    { active: 30n, activeSeconds: 100n, time: 110n, block: 6n },
    { active: 0n, activeSeconds: 400n, time: 120n, block: 9n },
  ];
  const onChain = { active: 0n, activeSeconds: 400n, time: 120n };

  test("pass if each continues the sum of the one before and the last is the vault's state", () => {
    expect(() => checkVaultPoints(VAULT, points, onChain)).not.toThrow();
  });

  test("name vault and blocks around a missing one", () => {
    expect(() => checkVaultPoints(VAULT, points.toSpliced(1, 1), onChain)).toThrow(
      `vault ${VAULT}: a change of active assets is missing from the logs between block 5 and block 9`,
    );
  });

  test("name the creation if the first is missing", () => {
    expect(() => checkVaultPoints(VAULT, points.slice(1), onChain)).toThrow(
      "between its creation and block 6",
    );
  });

  test("name the block after which the last is missing", () => {
    expect(() => checkVaultPoints(VAULT, points.slice(0, 2), onChain)).toThrow("after block 6");
  });

  test("fail where the vault's first is all there should be", () => {
    expect(() => checkVaultPoints(VAULT, [], onChain)).toThrow("after its creation");
  });
});

describe("a prover's claims", () => {
  const claims = [
    { block: 1n, cumulative: 10n, commission: 1n },
    { block: 2n, cumulative: 30n, commission: 2n },
  ];
  const history = { prover: PROVER, vault: VAULT, registeredAt: 0n, commissions: [], points: [], claims };

  test("pass if they add up to what the registry has booked", () => {
    expect(() => checkClaims(history, { claimed: 30n, claimedCommission: 3n })).not.toThrow();
  });

  test("fail if one is missing", () => {
    expect(() => checkClaims(history, { claimed: 40n, claimedCommission: 4n })).toThrow(
      `prover ${PROVER}: a claim is missing from the logs`,
    );
  });
});
