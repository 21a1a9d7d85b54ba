// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, type RpcBlock } from "viem";
import { ballotOf } from "./ballot.ts";
import { type Call, callText } from "./call.ts";
import type { Endpoint } from "./endpoint.ts";

/** What the answers to one call come to, as they arrive. */
export interface Tally {
  readonly add: (endpoint: Endpoint, result: unknown) => void;
  /** The chain's own refusal, such as a revert. */
  readonly refuse: (endpoint: Endpoint, reason: unknown) => void;
  /** How many more answers it could still need. */
  readonly needs: () => number;
  /** The outcome, once there is one. */
  readonly outcome: (when: When) => Outcome | undefined;
  /** Who said what, for the message that they disagree; undefined if they do not. */
  readonly split: () => string | undefined;
}

interface When {
  /** Whoever has not answered yet takes longer than it usually does. */
  readonly late: boolean;
  /** Nobody honest takes so long. */
  readonly veryLate: boolean;
  /** Whoever has not answered yet failed before, and has not served since. */
  readonly onlyAiling: boolean;
  /** Nobody is left who could still answer. */
  readonly last: boolean;
}

export type Outcome = { readonly result: unknown } | { readonly reason: unknown };

/** The same answer, or a refusal, of `wanted` endpoints. Whoever says something else is distrusted. */
export function sameOf(call: Call, wanted: number, isAlone = false): Tally {
  const ballot = ballotOf(call, isAlone);
  const refusals: { endpoint: Endpoint; reason: unknown }[] = [];
  return {
    add: ballot.add,
    refuse: (endpoint, reason) => void refusals.push({ endpoint, reason }),
    needs: () => wanted - Math.max(ballot.most(), refusals.length),
    outcome() {
      const winner = ballot.winner(wanted);
      if (winner !== undefined) {
        for (const { endpoint } of refusals) endpoint.distrust(`${call.method}: others agree on an answer`);
        return { result: winner.result };
      }
      return refusals.length >= wanted ? { reason: refusals[0]?.reason } : undefined;
    },
    split() {
      const camps = ballot.camps().map((hosts) => hosts.join(" and "));
      if (refusals.length > 0) {
        camps.push(`${refusals.map(({ endpoint }) => endpoint.host).join(" and ")}, which refuses it,`);
      }
      return camps.length > 1 ? camps.join(" against ") : undefined;
    },
  };
}

/**
 * The same transaction receipt of `wanted` endpoints; null while fewer know it, as some do a moment before others. Nobody
 * is blamed for not knowing it, nor waited for long.
 */
export function receiptOf(call: Call, wanted: number): Tally {
  const ballot = ballotOf(call);
  return {
    add: ballot.add,
    refuse: () => undefined,
    needs: () => wanted - ballot.most(),
    outcome({ veryLate, onlyAiling, last }) {
      const agreed = ballot.answer(wanted);
      if (agreed !== undefined) return agreed;
      const answers = ballot.camps().flat().length;
      const isEnough = answers >= wanted && (veryLate || onlyAiling);
      return isEnough || (last && answers > 0) ? { result: null } : undefined;
    },
    split: () => undefined,
  };
}

/** What anybody knows; null once `wanted` do not, and nobody else is worth waiting for. */
export function anyOf(wanted: number): Tally {
  let found: unknown = null;
  let unknown = 0;
  return {
    add(_, result) {
      if (result === null) unknown++;
      else found ??= result;
    },
    refuse: () => undefined,
    needs: () => (found === null ? Number.POSITIVE_INFINITY : 0),
    outcome({ late, onlyAiling, last }) {
      if (found !== null) return { result: found };
      return ((late || onlyAiling) && unknown >= wanted) || (last && unknown > 0)
        ? { result: null }
        : undefined;
    },
    split: () => undefined,
  };
}

/**
 * A number on which honest endpoints may differ a little. `choose` is given what at least `wanted` of them said,
 * ascending, and takes one such that fewer than half of them cannot move it; where they differ, all are asked and
 * waited for: only a moment if they are `near` each other.
 */
export function numberOf(
  wanted: number,
  choose: (ascending: readonly bigint[]) => bigint | undefined,
  near = 0n,
): Tally {
  const said: { endpoint: Endpoint; value: bigint }[] = [];
  const refusals: { endpoint: Endpoint; reason: unknown }[] = [];
  const ascending = () => said.map(({ value }) => value).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const unanimous = () => new Set(said.map(({ value }) => value)).size === 1 && refusals.length === 0;
  const areNear = () => {
    const values = ascending();
    return (values.at(-1) as bigint) - (values[0] as bigint) <= near;
  };
  return {
    add: (endpoint, result) => void said.push({ endpoint, value: quantityIn(result) }),
    refuse: (endpoint, reason) => void refusals.push({ endpoint, reason }),
    needs() {
      if (refusals.length >= wanted || (said.length >= wanted && unanimous())) return 0;
      const most = Math.max(said.length, refusals.length);
      return most < wanted && said.length + refusals.length === most
        ? wanted - most
        : Number.POSITIVE_INFINITY;
    },
    outcome({ late, veryLate, onlyAiling, last }) {
      if (refusals.length >= wanted) return { reason: refusals[0]?.reason };
      if (said.length < wanted) return undefined;
      const isOver = unanimous() || last || veryLate || ((late || onlyAiling) && areNear());
      if (!isOver) return undefined;
      const value = choose(ascending());
      return value === undefined ? undefined : { result: numberToHex(value) };
    },
    split() {
      if (said.length + refusals.length < 2) return undefined;
      const camps = said.map(({ endpoint, value }) => `${endpoint.host} says ${value}`);
      camps.push(...refusals.map(({ endpoint }) => `${endpoint.host} refuses it`));
      return camps.join(", ");
    },
  };
}

/** A number, or that of a block. */
function quantityIn(result: unknown): bigint {
  return BigInt(typeof result === "string" ? result : ((result as RpcBlock).number as string));
}

/** The highest that `wanted` of them have reached: one that lags does not lower it, one that boasts does not raise it. */
export const reachedBy = (wanted: number) => (ascending: readonly bigint[]) => ascending.at(-wanted);

/** The middle one, of two in the middle the lower: fees above what most ask for burn money, below it cost time. */
export const lowerMedian = (ascending: readonly bigint[]) =>
  ascending[Math.floor((ascending.length - 1) / 2)];

/** The highest of `wanted` that are close to each other: estimates of honest nodes differ by a few hundredths. */
export function closeOnes(wanted: number) {
  return (ascending: readonly bigint[]): bigint | undefined => {
    for (let i = 0; i + wanted <= ascending.length; i++) {
      const [least, most] = [ascending[i] as bigint, ascending[i + wanted - 1] as bigint];
      if (2n * most <= 3n * least) return most;
    }
    return undefined;
  };
}

/** For people: `split` says who gave which answer. */
export function disagreementText(call: Call, split: string): string {
  return `the RPC endpoints disagree on ${callText(call)}: ${split}`;
}
