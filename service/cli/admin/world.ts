// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { epochAt, epochBounds, type System } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import { asAddress, asWhole } from "../config.ts";
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

/** Refuses what is not to be done now; of what was proposed, the contract says. */
export function requireUse({ anew }: World, needed: boolean, message: string, hint: string): void {
  if (anew && !needed) throw new UsageError(message, hint);
}

/** What a call changes, for people. */
export interface Change {
  readonly what: string;
  readonly from: string;
  readonly to: string;
  readonly when: string;
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

export const NOBODY: Address = "0x0000000000000000000000000000000000000000";

export const addressIn = (text: string, name: string): Address => asAddress({ text, source: `<${name}>` });

/** An address that is somebody's. */
export function somebodyIn(text: string, name: string): Address {
  const address = addressIn(text, name);
  if (address !== NOBODY) return address;
  throw new UsageError(`<${name}>: is the zero address`, "give the address of somebody");
}

export const wholeIn = (text: string, source: string): bigint => asWhole({ text, source }, 2n ** 64n);

/** By its number, or the first one that starts at or after a moment. */
export function epochIn({ system, now }: World, text: string, source: string): number {
  if (/^(0|[1-9][0-9]{0,8})$/.test(text)) return Number(text);
  const at = asMoment({ text, source }, now);
  const epoch = at <= system.clockStart ? 0 : epochAt(system, at);
  return epochBounds(system, epoch).start < at ? epoch + 1 : epoch;
}

/** From which moment on, for people. */
export function fromEpoch({ system, now }: World, epoch: number): string {
  return `from epoch ${epoch} on, which starts ${moment(epochBounds(system, epoch).start, now)}`;
}

/** A part as people write it: 10%, 12.5%, 1250bps. A bare number could be either. */
export function asBps(text: string, source: string): bigint {
  const [, whole = "", fraction = "", unit] = /^([0-9]{1,6})(?:\.([0-9]{1,2}))?(%|bps)$/.exec(text) ?? [];
  if (unit === "%") return BigInt(whole) * 100n + BigInt(fraction.padEnd(2, "0") || 0);
  if (unit === "bps" && fraction === "") return BigInt(whole);
  throw new UsageError(`${source}: not a part: ${text}`, "such as 10%, 0.25% or 1000bps");
}

/** A factor as people write it: 1x, 1.25x. In bps. */
export function asFactor(text: string, source: string): bigint {
  const [, whole, fraction = ""] = /^([0-9]{1,4})(?:\.([0-9]{1,4}))?x$/.exec(text) ?? [];
  if (whole !== undefined) return BigInt(whole) * 10_000n + BigInt(fraction.padEnd(4, "0"));
  throw new UsageError(`${source}: not a factor: ${text}`, "such as 1x, 1.25x or 0x");
}

export const factor = (bps: bigint): string => `${Number(bps) / 10_000}x`;
