// SPDX-License-Identifier: AGPL-3.0-only
import { formatGwei, type PublicClient } from "viem";
import { ChainError } from "./errors.ts";

/** What a transaction offers for a unit of gas, in wei. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface GasPrices {
  readonly baseFee: bigint;
  /** Enough to be mined soon, even if the base fee doubles first. */
  readonly fees: Fees;
}

export async function readGasPrices(client: PublicClient): Promise<GasPrices> {
  const [{ baseFeePerGas }, tip] = await Promise.all([
    client.getBlock(),
    client.estimateMaxPriorityFeePerGas(),
  ]);
  const baseFee = baseFeePerGas ?? 0n;
  return { baseFee, fees: { maxFeePerGas: 2n * baseFee + tip, maxPriorityFeePerGas: tip } };
}

/** At most `maxFee`, which must cover the base fee. */
export function within({ baseFee, fees }: GasPrices, maxFee: bigint | undefined): Fees {
  if (maxFee === undefined || fees.maxFeePerGas <= maxFee) return fees;
  if (maxFee < baseFee) {
    throw new ChainError(
      "not-ready",
      `gas costs ${formatGwei(baseFee)} gwei, and --max-fee allows ${formatGwei(maxFee)} gwei: nothing was sent`,
      "wait until it costs less, or allow more",
    );
  }
  return { maxFeePerGas: maxFee, maxPriorityFeePerGas: least(fees.maxPriorityFeePerGas, maxFee) };
}

/**
 * What takes the place of a transaction that offers `old`: both parts an eighth higher, which every node asks for, or
 * the present price. Undefined if `maxFee` does not allow that.
 */
export function raised(old: Fees, { fees }: GasPrices, maxFee: bigint | undefined): Fees | undefined {
  const lowest = eighthMore(old.maxFeePerGas);
  if (maxFee !== undefined && lowest > maxFee) return undefined;
  const wanted = most(lowest, fees.maxFeePerGas);
  const maxFeePerGas = maxFee === undefined ? wanted : least(wanted, maxFee);
  const tip = most(eighthMore(old.maxPriorityFeePerGas), fees.maxPriorityFeePerGas);
  return { maxFeePerGas, maxPriorityFeePerGas: least(tip, maxFeePerGas) };
}

/** Rounded up, so that an eighth of little is not nothing. */
function eighthMore(value: bigint): bigint {
  return value + (value + 7n) / 8n;
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
