// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { encodeAbiParameters, parseAbiParameters, keccak256 as viemKeccak } from "viem";
import { beforeAll, expect, it } from "vitest";
import { hexOf } from "../../../service/core/hex.ts";
import {
  EMPTY_ACCUMULATOR,
  EMPTY_STAKE_HASH,
  type MissEntry,
  missStep,
  stakeStep,
  statementId,
} from "../../../service/core/ids.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Address, Hex } from "../../../service/core/types.ts";
import { commissionStep, type FulfilmentEntry, fulfilmentStep } from "../helpers/accumulators.ts";
import { refusalOf } from "../helpers/refusal.ts";
import { readVectors } from "./vectors.ts";

beforeAll(initKeccak);

type Text<T> = { [K in keyof T]: T[K] extends Hex ? Hex : string } & { accumulator: Hex };

const vectors = readVectors<{
  statement: { verifierKeyHash: Hex; programKey: Hex; publicValuesDigest: Hex; statementId: Hex };
  fulfilments: Text<FulfilmentEntry>[];
  misses: Text<MissEntry>[];
  commissions: {
    sequence: string;
    source: Address;
    bps: string;
    announcedAt: string;
    effectiveAt: string;
    accumulator: Hex;
  }[];
}>("ids");

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => hexOf(bytes));
const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => hexOf(bytes));
const uint = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });

it("the statement id is that of the vector, and each part matters", () => {
  const { statementId: id, verifierKeyHash, programKey, publicValuesDigest } = vectors.statement;
  expect(statementId(verifierKeyHash, programKey, publicValuesDigest)).toBe(id);
  expect(statementId(programKey, verifierKeyHash, publicValuesDigest)).not.toBe(id);
  expect(statementId(verifierKeyHash, publicValuesDigest, programKey)).not.toBe(id);
});

it("the fulfilment accumulator passes through the vector's values", () => {
  let accumulator = EMPTY_ACCUMULATOR;
  for (const entry of vectors.fulfilments) {
    accumulator = fulfilmentStep(accumulator, {
      sequence: BigInt(entry.sequence),
      requestId: entry.requestId,
      prover: entry.prover,
      requester: entry.requester,
      statementId: entry.statementId,
      fee: BigInt(entry.fee),
      protocolFee: BigInt(entry.protocolFee),
      weight: BigInt(entry.weight),
      countedWeight: BigInt(entry.countedWeight),
      timestamp: BigInt(entry.timestamp),
    });
    expect(accumulator).toBe(entry.accumulator);
  }
});

it("the miss accumulator passes through the vector's values", () => {
  let accumulator = EMPTY_ACCUMULATOR;
  for (const entry of vectors.misses) {
    accumulator = missStep(accumulator, {
      sequence: BigInt(entry.sequence),
      requestId: entry.requestId,
      prover: entry.prover,
      deadline: BigInt(entry.deadline),
      slashed: BigInt(entry.slashed),
      timestamp: BigInt(entry.timestamp),
    });
    expect(accumulator).toBe(entry.accumulator);
  }
});

it("the commission hash passes through the vector's values", () => {
  let accumulator = EMPTY_ACCUMULATOR;
  for (const entry of vectors.commissions) {
    accumulator = commissionStep(accumulator, {
      sequence: BigInt(entry.sequence),
      source: entry.source,
      bps: Number(entry.bps),
      announcedAt: BigInt(entry.announcedAt),
      effectiveAt: BigInt(entry.effectiveAt),
    });
    expect(accumulator).toBe(entry.accumulator);
  }
});

it("a fulfilment step is keccak256 of viem's abi.encode", () => {
  const types = parseAbiParameters(
    "bytes32, uint256, bytes32, address, address, bytes32, uint256, uint256, uint256, uint256, uint256",
  );
  fc.assert(
    fc.property(
      hash,
      hash,
      hash,
      fc.tuple(address, address),
      fc.tuple(uint, uint, uint, uint, uint, uint),
      (previous, id, statement, [prover, requester], numbers) => {
        const [sequence, fee, protocolFee, weight, countedWeight, timestamp] = numbers;
        const encoded = encodeAbiParameters(types, [
          previous,
          sequence,
          id,
          prover,
          requester,
          statement,
          fee,
          protocolFee,
          weight,
          countedWeight,
          timestamp,
        ]);
        const entry = {
          sequence,
          requestId: id,
          prover,
          requester,
          statementId: statement,
          fee,
          protocolFee,
          weight,
          countedWeight,
          timestamp,
        };
        expect(fulfilmentStep(previous, entry)).toBe(viemKeccak(encoded));
      },
    ),
  );
});

it("a step refuses a value beyond 256 bits and a short hash", () => {
  const entry = {
    sequence: 1n,
    requestId: EMPTY_ACCUMULATOR,
    prover: `0x${"11".repeat(20)}` as const,
    deadline: 1n,
    slashed: 1n << 256n,
    timestamp: 1n,
  };
  expect(() => missStep(EMPTY_ACCUMULATOR, entry)).toThrow(/slashed: .* out of range/);
  expect(() => missStep("0x00", { ...entry, slashed: 0n })).toThrow(/previous: not 32 bytes/);
});

it("each part of an id is refused by its name", () => {
  const prover = `0x${"11".repeat(20)}` as const;
  const zero = EMPTY_ACCUMULATOR;
  const miss = { sequence: 1n, requestId: zero, prover, deadline: 1n, slashed: 1n, timestamp: 1n };
  const stake = { activeAssets: 1n, timestamp: 1n };
  const steps = [
    [miss, missStep],
    [stake, stakeStep, EMPTY_STAKE_HASH],
  ] as [Record<string, unknown>, (previous: Hex, entry: unknown) => Hex, Hex?][];
  for (const [entry, step, first = zero] of steps) {
    expect(step(first, entry)).not.toBe(first);
    expect(refusalOf(() => step("0x", entry)).field).toBe("previous");
    for (const field of Object.keys(entry)) {
      expect(refusalOf(() => step(first, { ...entry, [field]: null })).field).toBe(field);
    }
  }
  const names = ["verifierKeyHash", "programKey", "publicValuesDigest"];
  names.forEach((name, i) => {
    const parts = [zero, zero, zero].with(i, "0x") as [Hex, Hex, Hex];
    expect(refusalOf(() => statementId(...parts)).field).toBe(name);
  });
});
