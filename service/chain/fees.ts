// SPDX-License-Identifier: AGPL-3.0-only
import { formatGwei, type PublicClient, parseGwei } from "viem";
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

/** What a signer offers at the most if it is told nothing else: more than any chain asked for but in its worst hours. */
export const DEFAULT_MAX_FEE = parseGwei("500");
/** A tip is no more than this, or twice the base fee if that is more, whatever an endpoint proposes. */
const MOST_TIP = parseGwei("30");

/** In wei, as of the latest block. */
export async function readGasPrices(client: PublicClient): Promise<GasPrices> {
  const [{ baseFeePerGas }, proposed] = await Promise.all([
    client.getBlock(),
    client.estimateMaxPriorityFeePerGas(),
  ]);
  return pricesOf(baseFeePerGas ?? 0n, proposed);
}

/**
 * In wei a unit of gas: the tip that was proposed, at most 30 gwei or twice the base fee, whichever is more, and
 * twice the base fee besides, so that five full blocks do not overtake it.
 */
export function pricesOf(baseFee: bigint, proposedTip: bigint): GasPrices {
  const tip = least(proposedTip, most(2n * baseFee, MOST_TIP));
  return { baseFee, fees: { maxFeePerGas: 2n * baseFee + tip, maxPriorityFeePerGas: tip } };
}

/** At most `maxFee`, in wei a unit of gas. @throws ChainError `not-ready` if that is below the base fee */
export function feesWithin({ baseFee, fees }: GasPrices, maxFee: bigint): Fees {
  if (fees.maxFeePerGas <= maxFee) return fees;
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
 * What takes the place of a transaction that offers `old`: both parts an eighth higher, rounded up, which every node
 * asks for, or the present price. Undefined if `maxFee` does not allow that. All in wei a unit of gas.
 */
export function raisedFees(old: Fees, { fees }: GasPrices, maxFee: bigint): Fees | undefined {
  const lowest = eighthMore(old.maxFeePerGas);
  const lowestTip = eighthMore(old.maxPriorityFeePerGas);
  if (lowest > maxFee || lowestTip > maxFee) return undefined;
  const maxFeePerGas = least(most(lowest, fees.maxFeePerGas), maxFee);
  return {
    maxFeePerGas,
    maxPriorityFeePerGas: least(most(lowestTip, fees.maxPriorityFeePerGas), maxFeePerGas),
  };
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
