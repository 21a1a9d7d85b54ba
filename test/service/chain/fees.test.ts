// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DEFAULT_MAX_FEE,
  feesWithin,
  type GasPrices,
  pricesOf,
  raisedFees,
} from "../../../service/chain/fees.ts";

const pricesAt = (baseFee: bigint, tip: bigint): GasPrices => ({
  baseFee,
  fees: { maxFeePerGas: 2n * baseFee + tip, maxPriorityFeePerGas: tip },
});

const NO_LIMIT = 10n ** 30n;
const wei = fc.bigInt(0n, 10n ** 13n);
const prices = fc.tuple(wei, wei).map(([baseFee, tip]) => pricesAt(baseFee, tip));
const offer = fc
  .tuple(wei, wei)
  .map(([tip, more]) => ({ maxFeePerGas: tip + more, maxPriorityFeePerGas: tip }));

describe("what a transaction offers for gas", () => {
  test("is within bounds whatever tip or base fee an endpoint names", () => {
    const gwei = 10n ** 9n;
    // The base fee that is not real costs nothing: what is paid is the real one and the tip.
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 20n), fc.bigInt(0n, 10n ** 20n), (baseFee, tip) => {
        const { fees } = pricesOf(baseFee, tip);
        const bound = 2n * baseFee > 30n * gwei ? 2n * baseFee : 30n * gwei;
        expect(fees.maxPriorityFeePerGas).toBeLessThanOrEqual(bound);
        if (baseFee <= DEFAULT_MAX_FEE) {
          expect(feesWithin(pricesOf(baseFee, tip), DEFAULT_MAX_FEE).maxFeePerGas).toBeLessThanOrEqual(
            500n * gwei,
          );
        }
      }),
    );
    expect(feesWithin(pricesOf(gwei, 20_000_000n * gwei), DEFAULT_MAX_FEE)).toEqual({
      maxFeePerGas: 32n * gwei,
      maxPriorityFeePerGas: 30n * gwei,
    });
  });

  test("leaves room for the base fee to double", () => {
    expect(feesWithin(pricesAt(10n, 3n), NO_LIMIT)).toEqual({ maxFeePerGas: 23n, maxPriorityFeePerGas: 3n });
    expect(feesWithin(pricesAt(10n, 3n), 23n)).toEqual({ maxFeePerGas: 23n, maxPriorityFeePerGas: 3n });
  });

  test("stays within a limit, and is nothing where the base fee is beyond it", () => {
    expect(feesWithin(pricesAt(10n, 3n), 12n)).toEqual({ maxFeePerGas: 12n, maxPriorityFeePerGas: 3n });
    expect(feesWithin(pricesAt(10n, 30n), 12n)).toEqual({ maxFeePerGas: 12n, maxPriorityFeePerGas: 12n });
    expect(feesWithin(pricesAt(10n, 3n), 10n)).toEqual({ maxFeePerGas: 10n, maxPriorityFeePerGas: 3n });
    expect(() => feesWithin(pricesAt(2_500_000_000n, 1n), 2_499_999_999n)).toThrow(
      "gas costs 2.5 gwei, and --max-fee allows 2.499999999 gwei: nothing was sent",
    );
  });

  test("rises by an eighth at least, to the present price if that is more, and never above a limit", () => {
    expect(raisedFees({ maxFeePerGas: 16n, maxPriorityFeePerGas: 8n }, pricesAt(1n, 1n), NO_LIMIT)).toEqual({
      maxFeePerGas: 18n,
      maxPriorityFeePerGas: 9n,
    });
    expect(raisedFees({ maxFeePerGas: 17n, maxPriorityFeePerGas: 1n }, pricesAt(40n, 5n), NO_LIMIT)).toEqual({
      maxFeePerGas: 85n,
      maxPriorityFeePerGas: 5n,
    });
    expect(raisedFees({ maxFeePerGas: 17n, maxPriorityFeePerGas: 1n }, pricesAt(40n, 5n), 20n)).toEqual({
      maxFeePerGas: 20n,
      maxPriorityFeePerGas: 5n,
    });
    expect(
      raisedFees({ maxFeePerGas: 17n, maxPriorityFeePerGas: 1n }, pricesAt(40n, 5n), 19n),
    ).toBeUndefined();
    fc.assert(
      fc.property(offer, prices, wei, (old, now, limit) => {
        const next = raisedFees(old, now, limit);
        if (next === undefined) {
          expect(limit * 8n).toBeLessThan(old.maxFeePerGas * 9n);
          return;
        }
        expect(next.maxFeePerGas * 8n).toBeGreaterThanOrEqual(old.maxFeePerGas * 9n);
        expect(next.maxPriorityFeePerGas * 8n).toBeGreaterThanOrEqual(old.maxPriorityFeePerGas * 9n);
        expect(next.maxPriorityFeePerGas).toBeLessThanOrEqual(next.maxFeePerGas);
        expect(next.maxFeePerGas).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
