// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, test } from "vitest";
import {
  commissionAt,
  DEFAULT_SOURCE as DEFAULT,
  type RateChange,
} from "../../../service/core/commission.ts";
import { NO_OVERRIDE } from "../../../service/core/ids.ts";
import type { Address } from "../../../service/core/types.ts";
import { type RateVectors, readVectors } from "./vectors.ts";

const PROVER: Address = `0x${"aa".repeat(20)}`;
const SOURCE: Address = `0x${"dd".repeat(20)}`;

type Change = [source: Address, bps: number, announcedAt: number, effectiveAt: number];

function changes(...given: Change[]): RateChange[] {
  return given.map(([source, bps, announcedAt, effectiveAt]) => ({
    ...{ source, bps },
    ...{ announcedAt: BigInt(announcedAt), effectiveAt: BigInt(effectiveAt) },
  }));
}

describe("the rate is the one worked by hand:", () => {
  const { distributor, rates } = readVectors<RateVectors>("rates");
  test.each(rates.map((vector) => [vector.name, vector] as const))("%s", (_, vector) => {
    const log = changes(
      ...vector.changes.map(
        ({ source, bps, announcedAt, effectiveAt }): Change => [
          source,
          bps,
          Number(announcedAt),
          Number(effectiveAt),
        ],
      ),
    );
    for (const { time, bps, why } of vector.at) {
      expect(commissionAt(log, distributor, BigInt(time)), `${time}: ${why}`).toBe(bps);
    }
  });
});

describe("the rate in force at a time", () => {
  test("is the default where the source has no override", () => {
    expect(commissionAt(changes([DEFAULT, 1000, 10, 10]), SOURCE, 10n)).toBe(1000);
  });

  test("is the override where the source has one, and another source's never", () => {
    const log = changes([DEFAULT, 1000, 10, 10], [SOURCE, 200, 11, 11], [PROVER, 300, 12, 12]);
    expect(commissionAt(log, SOURCE, 20n)).toBe(200);
  });

  test("is the old one until an increase takes effect, and the new one from that second on", () => {
    const log = changes([DEFAULT, 1000, 10, 10], [DEFAULT, 2000, 20, 50]);
    expect(commissionAt(log, SOURCE, 49n)).toBe(1000);
    expect(commissionAt(log, SOURCE, 50n)).toBe(2000);
  });

  test("is not what was scheduled and then replaced", () => {
    const log = changes([DEFAULT, 1000, 10, 10], [DEFAULT, 2000, 20, 50], [DEFAULT, 900, 40, 40]);
    expect(commissionAt(log, SOURCE, 60n)).toBe(900);
  });

  test("is what was scheduled if its time came before it was replaced", () => {
    const log = changes([DEFAULT, 1000, 10, 10], [DEFAULT, 2000, 20, 50], [DEFAULT, 3000, 50, 90]);
    expect(commissionAt(log, SOURCE, 60n)).toBe(2000);
  });

  test("ignores what was announced later", () => {
    const log = changes([DEFAULT, 1000, 10, 10], [DEFAULT, 2000, 20, 50], [DEFAULT, 900, 55, 55]);
    expect(commissionAt(log, SOURCE, 52n)).toBe(2000);
  });

  test("falls back to the default once an override is removed", () => {
    const log = changes([DEFAULT, 1000, 10, 10], [SOURCE, 200, 11, 11], [SOURCE, NO_OVERRIDE, 20, 50]);
    expect(commissionAt(log, SOURCE, 49n)).toBe(200);
    expect(commissionAt(log, SOURCE, 50n)).toBe(1000);
  });
});
