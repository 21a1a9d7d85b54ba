// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { epochAt, epochBounds, type System } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import type { Bounds } from "../../deploy/json-fields.ts";
import { asAddress, asSomebody, asWhole } from "../config.ts";
import type { Context } from "../context.ts";
import { asMoment, moment } from "../durations.ts";
import { UsageError } from "../errors.ts";

/** What a change is judged by: the deployment at the latest block. */
export interface World {
  readonly context: Context;
  readonly client: PublicClient;
  readonly system: System;
  readonly blockNumber: bigint;
  /** That block's time. */
  readonly now: bigint;
  /** False for what was proposed to a timelock: it may have been done since. */
  readonly anew: boolean;
}

/**
 * Refuses what is not to be done now; of what was proposed, the contract says.
 * @throws UsageError with `message` and `hint`, unless it is needed or was proposed
 */
export function requireUse({ anew }: World, needed: boolean, message: string, hint: string): void {
  if (anew && !needed) throw new UsageError(message, hint);
}

/** What a call changes, for people. */
export interface Change {
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly when: string;
  /** Whether it is so already: then this part of the call changes nothing. */
  readonly isSo: boolean;
}

/** What becomes of one thing that is `from` now; `say` shows a value, as it is if it is left out. */
export function change<Value>(
  what: string,
  [from, to]: readonly [from: Value, to: Value],
  when: string,
  say: (value: Value) => string = String,
): Change {
  return { what, from: say(from), to: say(to), when, isSo: from === to };
}

/** @throws UsageError that names what was given, where the contract would refuse a value for its size */
export function requireWithin(
  value: bigint,
  [least, most]: Bounds,
  source: string,
  say: (value: bigint) => string,
  because = "",
): void {
  if (value >= least && value <= most) return;
  throw new UsageError(
    `${source}: ${say(value)} is not within ${say(least)} to ${say(most)}${because}`,
    "give one that is",
  );
}

/** The arguments of a call, and what it changes. */
export interface Prepared {
  readonly args: readonly unknown[];
  readonly changes: readonly Change[];
}

/** What was given on the command line beside the positions. */
export interface Options {
  readonly fromEpoch?: string;
  readonly policy?: string;
  readonly budget?: string;
  readonly wei?: true;
  readonly to?: string;
  readonly protocolFee?: string;
  readonly lock?: string;
  readonly maxStakeMultiple?: string;
  readonly minFee?: string;
  readonly bond?: string;
  readonly maxOpen?: string;
}

/** A position's address, in lower case. @throws UsageError for what is none */
export const addressIn = (text: string, name: string): Address => asAddress({ text, source: `<${name}>` });

/** An address that is somebody's. @throws UsageError for the zero address too */
export const somebodyIn = (text: string, name: string): Address => asSomebody({ text, source: `<${name}>` });

/** A whole number in digits. @throws UsageError for anything else, or above 2^64 */
export const wholeIn = (text: string, source: string): bigint => asWhole({ text, source }, 2n ** 64n);

/**
 * By its number, or the first one that starts at or after a moment.
 * @throws UsageError for what is neither a number nor a date
 */
export function epochIn({ system, now }: World, text: string, source: string): number {
  if (/^(0|[1-9][0-9]{0,8})$/.test(text)) return Number(text);
  const at = asMoment({ text, source }, now, ", or an epoch's number");
  const epoch = at <= system.clockStart ? 0 : epochAt(system, at);
  return epochBounds(system, epoch).start < at ? epoch + 1 : epoch;
}

/** From which moment on, for people. */
export function fromEpoch({ system, now }: World, epoch: number): string {
  return `from epoch ${epoch} on, which starts ${moment(epochBounds(system, epoch).start, now)}`;
}

/** For people; in basis points. */
export const factor = (bps: bigint): string => `${Number(bps) / 10_000}x`;
