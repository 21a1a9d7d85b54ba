// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, test } from "vitest";
import { type CommissionChange, checkCommissions } from "../../../service/chain/commission.ts";
import {
  type CommissionEntry,
  commissionStep,
  EMPTY_ACCUMULATOR,
  NO_OVERRIDE,
} from "../../../service/core/ids.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import type { Address } from "../../../service/core/types.ts";

const PROVER: Address = `0x${"aa".repeat(20)}`;
const SOURCE: Address = `0x${"dd".repeat(20)}`;
const DEFAULT: Address = `0x${"00".repeat(20)}`;

type Change = [source: Address, bps: number, announcedAt: number, effectiveAt: number];

function changes(...given: Change[]): CommissionChange[] {
  let hash = EMPTY_ACCUMULATOR;
  return given.map(([source, bps, announcedAt, effectiveAt], i) => {
    const entry: CommissionEntry = {
      source,
      bps,
      announcedAt: BigInt(announcedAt),
      effectiveAt: BigInt(effectiveAt),
      sequence: BigInt(i + 1),
    };
    hash = commissionStep(hash, entry);
    return { ...entry, rollingHash: hash };
  });
}

beforeAll(initKeccak);

describe("commission logs against the registry", () => {
  const log = () => changes([DEFAULT, 1000, 10, 10], [SOURCE, 200, 11, 11], [SOURCE, NO_OVERRIDE, 20, 50]);
  const onChain = () => ({ sequence: 3n, hash: log().at(-1)?.rollingHash ?? EMPTY_ACCUMULATOR });

  test("pass if they are complete", () => {
    expect(() => checkCommissions(PROVER, log(), onChain())).not.toThrow();
  });

  test.each([
    ["first", 0, 1],
    ["middle", 1, 2],
    ["last", 2, 3],
  ])("name the missing %s one", (_, index, sequence) => {
    expect(() => checkCommissions(PROVER, log().toSpliced(index, 1), onChain())).toThrow(
      `commission change ${sequence} of prover ${PROVER} is missing`,
    );
  });

  test("name one that was altered", () => {
    const altered = log().map((change, i) => (i === 1 ? { ...change, bps: 100 } : change));
    expect(() => checkCommissions(PROVER, altered, onChain())).toThrow("commission change 2 of prover");
  });

  test("name one that the chain does not have", () => {
    const before = log()[1]?.rollingHash ?? EMPTY_ACCUMULATOR;
    expect(() => checkCommissions(PROVER, log(), { sequence: 2n, hash: before })).toThrow(
      `commission change 3 of prover ${PROVER} is not the chain's`,
    );
  });
});
