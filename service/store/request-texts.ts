// SPDX-License-Identifier: AGPL-3.0-only
import type { AuctionEvent } from "../core/chain-event.ts";
import { hexOf } from "../core/hex.ts";
import type { Address } from "../core/types.ts";

// What a request is, and what became of it, as texts of digits, letters and commas: SQL stores and appends, and a row of
// many columns would take longer to write than its page to read.

type Requested = Extract<AuctionEvent, { readonly name: "Requested" }>;

/** What was asked for; amounts in wei, durations and times in seconds. */
export interface Asked extends Omit<Requested, "name" | "id" | "requester" | "bond" | "inputUri"> {
  readonly inputUri: string;
}

/** Of an input's name, so many bytes are kept. */
const MAX_URI = 2_048;
const NUMBERS = [
  ...(["verifierVersion", "maxFee", "minStake", "lockAmount"] as const),
  ...(["commitDuration", "revealDuration", "deadline"] as const),
] as const;

/** Of the name of the input, the first 2,048 bytes. */
export function askedText(event: Requested): string {
  const numbers = NUMBERS.map((field) => event[field]);
  const uri = event.inputUri.subarray(0, MAX_URI);
  return [event.programKey, event.publicValuesDigest, ...numbers, hexOf(uri, 0, uri.length)].join();
}

/** Reads what `askedText` gives. */
export function askedFrom(text: string): Asked {
  const [programKey, publicValuesDigest, ...rest] = text.split(",");
  const numbers = Object.fromEntries(NUMBERS.map((field, i) => [field, BigInt(rest[i] as string)]));
  const uri = Buffer.from((rest.at(-1) ?? "").slice(2), "hex");
  return { programKey, publicValuesDigest, ...numbers, inputUri: uri.toString() } as unknown as Asked;
}

/** What became of a request, one after the other. */
export type Happened = { readonly block: number } & (
  | { readonly kind: "committed"; readonly prover: Address; readonly order: bigint }
  | { readonly kind: "revealed"; readonly prover: Address; readonly fee: bigint; readonly leads: boolean }
  | { readonly kind: "forfeited"; readonly prover: Address; readonly slashed: bigint }
  | {
      readonly kind: "fulfilled";
      readonly prover: Address;
      readonly fee: bigint;
      readonly protocolFee: bigint;
      readonly time: bigint;
    }
  | { readonly kind: "missed"; readonly prover: Address; readonly slashed: bigint; readonly time: bigint }
  /** `status` is the market's: nobody revealed a bid, or its verifier was withdrawn. */
  | { readonly kind: "closed"; readonly status: bigint; readonly time: bigint | undefined }
  | { readonly kind: "cancelled"; readonly time: bigint | undefined }
);

/** To be appended to what there is. */
export function happenedText(happened: Happened): string {
  const { block } = happened;
  switch (happened.kind) {
    case "committed":
      return `c,${block},${happened.prover},${happened.order};`;
    case "revealed":
      return `r,${block},${happened.prover},${happened.fee},${happened.leads ? 1 : 0};`;
    case "forfeited":
      return `b,${block},${happened.prover},${happened.slashed};`;
    case "fulfilled":
      return `f,${block},${happened.prover},${happened.fee},${happened.protocolFee},${happened.time};`;
    case "missed":
      return `m,${block},${happened.prover},${happened.slashed},${happened.time};`;
    case "closed":
      return `w,${block},${happened.status},${happened.time ?? ""};`;
    case "cancelled":
      return `x,${block},${happened.time ?? ""};`;
  }
}

/** Reads what was put together of `happenedText`s, in the order in which it happened. */
export function happenedFrom(text: string): Happened[] {
  return text
    .split(";")
    .slice(0, -1)
    .map((entry) => {
      const [kind, at, first = "", second = "", third = "", fourth = ""] = entry.split(",");
      const block = Number(at);
      const prover = first as Address;
      const time = (digits: string) => (digits === "" ? undefined : BigInt(digits));
      if (kind === "c") return { kind: "committed", block, prover, order: BigInt(second) };
      if (kind === "r") return { kind: "revealed", block, prover, fee: BigInt(second), leads: third === "1" };
      if (kind === "b") return { kind: "forfeited", block, prover, slashed: BigInt(second) };
      if (kind === "f") {
        const amounts = { fee: BigInt(second), protocolFee: BigInt(third) };
        return { kind: "fulfilled", block, prover, ...amounts, time: BigInt(fourth) };
      }
      if (kind === "m") {
        return { kind: "missed", block, prover, slashed: BigInt(second), time: BigInt(third) };
      }
      if (kind === "w") return { kind: "closed", block, status: BigInt(first), time: time(second) };
      return { kind: "cancelled", block, time: time(first) };
    });
}

/** What a request's row says of what became of it beside the text. */
export interface Standing {
  readonly prover: Address | null;
  readonly ended_in: number | null;
  readonly changed_in: number;
}

export const UNTOUCHED: Standing = { prover: null, ended_in: null, changed_in: 0 };

/** Who leads or is assigned, and in which block the request ended and changed last. */
export function standingAfter(before: Standing, happened: Happened): Standing {
  const { kind, block } = happened;
  const prover =
    kind === "fulfilled" || kind === "missed" || (kind === "revealed" && happened.leads)
      ? happened.prover
      : before.prover;
  return {
    prover,
    ended_in: before.ended_in ?? (ENDING.has(kind) ? block : null),
    changed_in: block,
  };
}

const ENDING = new Set<Happened["kind"]>(["fulfilled", "missed", "closed", "cancelled"]);

/** What ended a request; undefined while nothing has. */
export function endOf(happened: readonly Happened[]): Happened | undefined {
  return happened.find(({ kind }) => ENDING.has(kind));
}
