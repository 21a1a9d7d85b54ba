// SPDX-License-Identifier: AGPL-3.0-only
import type { EventName } from "../../../service/core/chain-event.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import type { Address, Hex } from "../../../service/core/types.ts";
import { encodeEvent, type GivenEvent } from "../helpers/event-log.ts";

/** What the lies look at or change in events: each event has some of it. */
export interface Fields {
  readonly prover: Address;
  readonly vault: Address;
  readonly epoch: bigint;
  readonly sequence: bigint;
  readonly timestamp: bigint;
  readonly deadline: bigint;
  readonly activeAssets: bigint;
  readonly source: Address;
  readonly bps: bigint;
  readonly announcedAt: bigint;
  readonly effectiveAt: bigint;
  readonly rollingHash: Hex | bigint;
  readonly policy: Uint8Array;
  readonly policyHash: Hex;
  readonly postNumber: bigint;
  readonly cumulative: bigint;
  readonly commission: bigint;
  readonly amount: bigint;
  readonly commissionBps: bigint;
  readonly by: Address;
  readonly root: Hex;
  readonly quorum: bigint;
  readonly payout: Address;
  readonly datasetHash: Hex;
}

/** A log of an honest history, and the ones before and after it of those that are counted together. */
export interface Told {
  readonly log: RawLog;
  readonly event: Fields;
  readonly block: number;
  readonly previous: Told | undefined;
  readonly next: Told | undefined;
}

export type GivenLog = Pick<RawLog, "address" | "topics" | "data">;

/** What an endpoint may do to a log, and what is said as soon as the logs alone show it. */
export interface Lie {
  readonly what: string;
  readonly about: EventName;
  /** Which of these logs; any, if it isn't given. */
  readonly where?: (told: Told) => boolean;
  /** What is given in its place. */
  readonly instead: (told: Told) => readonly GivenLog[];
  /** And in place of the one after it. */
  readonly next?: (told: Told) => readonly GivenLog[];
  readonly says: (told: Told) => string;
}

export const STRANGER: Address = `0x${"99".repeat(20)}`;
export const HASH: Hex = `0x${"99".repeat(32)}`;

export const missing = () => [];
export const twice = ({ log }: Told) => [log, log];
export const changed =
  (change: (event: Fields) => Partial<Fields>) =>
  ({ log, event }: Told): GivenLog[] => [
    { address: log.address, ...encodeEvent({ ...event, ...change(event) } as unknown as GivenEvent) },
  ];
export const swapped = { instead: ({ next }: Told) => [after(next).log], next: ({ log }: Told) => [log] };

export function after(next: Told | undefined): Told {
  if (next === undefined) throw new Error("the history has no log after it");
  return next;
}

export const hasNext = ({ next }: Told) => next !== undefined;
export const inTheMiddle = ({ previous, next }: Told) => previous !== undefined && next !== undefined;
export const unregistered = ({ block }: Told) =>
  `block ${block}: the registration of prover ${STRANGER} is missing from the logs`;
