// SPDX-License-Identifier: AGPL-3.0-only
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Address, Hex } from "../../core/types.ts";
import type { LogChain } from "./log.ts";
import type { GlobalStats, ProverStats } from "./stats.ts";

/** What a request was, and how its auction ended. Times in seconds, fees in wei. */
export interface RequestFacts {
  readonly nonce: bigint;
  readonly vk: Hex;
  readonly digest: Hex;
  readonly version: number;
  readonly requester: Address;
  readonly created: number;
  readonly maxFee: bigint;
  readonly minStake: bigint;
  readonly deadline: number;
  /** The two lowest bids that were revealed, the first of equals in front. */
  readonly bids: readonly Bid[];
}

export interface Bid {
  readonly prover: Address;
  readonly fee: bigint;
}

interface At {
  readonly time: number;
}

export interface Fulfilled extends RequestFacts, At {
  readonly kind: "fulfilled";
  readonly prover: Address;
  readonly fee: bigint;
  readonly protocolFee: bigint;
  /** What the fee exceeds the highest by that the same requester paid before for the same statement. */
  readonly countedFee: bigint;
  /** Whether nobody had proven the statement before, on the whole market. */
  readonly isNew: boolean;
}

export interface Refunded extends RequestFacts, At {
  readonly kind: "refunded";
  /** Its winner, if the deadline was over. */
  readonly missedBy: Address | null;
}

export type Fact =
  | ({
      readonly kind: "joined";
      readonly prover: Address;
      readonly vault: Address;
      readonly bps: number;
    } & At)
  | ({ readonly kind: "left"; readonly prover: Address } & At)
  /** Of source null, the default; of bps null, the source has none of its own any more. */
  | ({
      readonly kind: "rate";
      readonly prover: Address;
      readonly source: Address | null;
      readonly bps: number | null;
    } & At)
  /** What the vault holds from then on. */
  | ({ readonly kind: "assets"; readonly prover: Address; readonly assets: bigint } & At)
  /** What came to the vault past the controller, or was created in it. */
  | ({ readonly kind: "donated"; readonly prover: Address; readonly amount: bigint } & At)
  | Fulfilled
  | Refunded;

/** Facts that are looked for by an epoch, a deadline or a request, and not by when they were logged. */
export type LateFact =
  | { readonly kind: "missed"; readonly at: number; readonly prover: Address; readonly nonce: bigint }
  | { readonly kind: "reward-set"; readonly at: number; readonly prover: Address; readonly amount: bigint }
  /** The first rewards of an epoch were set: the window that it had then stands. */
  | {
      readonly kind: "settled";
      readonly at: number;
      readonly start: number;
      readonly end: number;
      readonly maximum: bigint;
    }
  | {
      readonly kind: "paid";
      readonly at: number;
      readonly prover: Address;
      readonly amount: bigint;
      readonly commission: bigint;
      readonly transaction: Hex;
    }
  | { readonly kind: "slashed"; readonly at: number; readonly request: Hex }
  /** What the market counted in an epoch of its own that it will not go on from any more; of prover null, of all. */
  | {
      readonly kind: "stats";
      readonly at: number;
      readonly prover: Address | null;
      readonly counted: ProverStats | GlobalStats;
    };

export interface PageFacts {
  readonly facts: readonly Fact[];
  /** Up to the page's end. */
  readonly logs: LogChain;
}

/** JSON in which whole numbers of any size are hexadecimal texts behind a mark that no other text begins with. */
export function toText(value: unknown): string {
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? markOf(item) : item));
}

/** Reads what `toText` gives; nothing else is expected of the database. */
export function fromText<T>(text: string): T {
  return JSON.parse(text, (_, item) =>
    typeof item === "string" && item.startsWith("#") ? wholeOf(item) : item,
  ) as T;
}

function markOf(value: bigint): string {
  return value < 0n ? `#-${(-value).toString(16)}` : `#${value.toString(16)}`;
}

function wholeOf(mark: string): bigint {
  return mark[1] === "-" ? -BigInt(`0x${mark.slice(2)}`) : BigInt(`0x${mark.slice(1)}`);
}

/** Compressed: half of a page's facts are addresses and keys that occur many times. */
export function pack(value: unknown): Uint8Array {
  return deflateRawSync(toText(value), { level: 3 });
}

/**
 * Reads what `pack` gives.
 * @throws if the bytes are not deflated, or no such text
 */
export function unpack<T>(bytes: Uint8Array): T {
  return fromText<T>(inflateRawSync(bytes).toString());
}
