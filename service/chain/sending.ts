// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../core/types.ts";
import type { Fees } from "./fees.ts";

/** What a transaction does, whatever its nonce and its fees. */
export interface Call {
  readonly to: Address;
  readonly data: Hex;
}

/** One signed transaction. */
export interface Attempt extends Fees {
  readonly hash: Hex;
  /** As it was sent: sending it again sends no other one. */
  readonly raw: Hex;
}

/** A call on its way: all of its attempts have one nonce, so that at most one of them is ever mined. */
export interface Sending extends Call {
  readonly chainId: bigint;
  readonly from: Address;
  readonly nonce: number;
  readonly gas: bigint;
  readonly attempts: readonly Attempt[];
}

/** Remembers what one account has sent last, so that a run that was stopped is continued, not repeated. */
export interface Outbox {
  readonly read: () => Promise<Sending | undefined>;
  /** Called before anything is sent. */
  readonly write: (sending: Sending) => Promise<void>;
}

/** For what may be sent twice without harm. */
export function forgetful(): Outbox {
  return { read: async () => undefined, write: async () => undefined };
}

/** The attempt that offers most: there is always one. */
export function latestOf({ attempts }: Sending): Attempt {
  return attempts.at(-1) as Attempt;
}

/** Whether both do the same. */
export function isSameCall(a: Call, b: Call): boolean {
  return a.to === b.to && a.data === b.data;
}

/** Whether both call the same function of the same contract. */
export function isSameKind(a: Call, b: Call): boolean {
  return a.to === b.to && a.data.slice(0, 10) === b.data.slice(0, 10);
}
