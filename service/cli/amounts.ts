// SPDX-License-Identifier: AGPL-3.0-only
import { parseUnits } from "viem";
import type { Found } from "./config.ts";
import { UsageError } from "./errors.ts";
import { amount } from "./format.ts";

const DECIMALS = 18;
/** What every amount of the contracts fits. */
const MOST = 2n ** 96n - 1n;

/**
 * An amount as a person types it: in tokens, at most 18 decimals, or in wei if `inWei`.
 * @returns wei
 * @throws UsageError for anything else, and for what no contract can hold
 */
export function asTokens({ text, source }: Found, inWei = false): bigint {
  const form = inWei ? /^(0|[1-9][0-9]*)$/ : /^(0|[1-9][0-9]*)(\.[0-9]{1,18})?$/;
  if (!form.test(text)) {
    throw new UsageError(
      `${source}: not an amount ${inWei ? "of wei" : "in tokens"}: ${text}`,
      inWei ? "write it in digits" : "such as 10000 or 0.25, without separators",
    );
  }
  const wei = inWei ? BigInt(text) : parseUnits(text, DECIMALS);
  if (wei > MOST) throw new UsageError(`${source}: more than there can be: ${text}`, "leave out some digits");
  return wei;
}

/**
 * The same of what is to move, which 0 does not.
 * @throws UsageError for 0 too, with what to give beside more
 */
export function asSomeTokens(found: Found, inWei = false, or = ""): bigint {
  const wei = asTokens(found, inWei);
  if (wei > 0n) return wei;
  throw new UsageError(`${found.source}: 0 is nothing`, `give more than 0${or}`);
}

/** For people: the tokens, and the wei where these say less than all. */
export function tokens(wei: bigint, symbol: string): string {
  const shown = amount(wei);
  const isWhole = !shown.startsWith("<") && parseUnits(shown.replaceAll(",", ""), DECIMALS) === wei;
  return isWhole ? `${shown} ${symbol}` : `${shown} ${symbol} (${wei} wei)`;
}
