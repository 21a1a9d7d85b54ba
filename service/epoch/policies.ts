// SPDX-License-Identifier: AGPL-3.0-only
import type { SegmentLog } from "../core/distributor-history.ts";
import { type PolicyFault, policyFault } from "../core/policy.ts";
import { JobError } from "./errors.ts";

/** A segment whose policy nobody can run, and what to do about it. */
export interface UnrunnablePolicy {
  /** The epochs that it governs; without `last`, all from the first on. */
  readonly first: number;
  readonly last: number | undefined;
  /** Whether a later release may run it. */
  readonly newer: boolean;
  readonly message: string;
  readonly hint: string;
}

/** A segment may begin so many epochs after the running one. */
const LEAD = 2;

/** Whose policy may not be known yet. */
type Segment = Pick<SegmentLog, "fromEpoch"> & { readonly policy: Uint8Array | undefined };

/** The segments, in the order in which they were added, that govern epochs from `from` on and cannot be run. */
export function unrunnablePolicies(
  segments: readonly Segment[],
  { from, currentEpoch }: { readonly from: number; readonly currentEpoch: number },
): UnrunnablePolicy[] {
  const correction = Math.max(currentEpoch + LEAD, Number(segments.at(-1)?.fromEpoch ?? 0n));
  return segments.flatMap(({ fromEpoch, policy }, i): UnrunnablePolicy[] => {
    const first = Number(fromEpoch);
    const next = segments[i + 1]?.fromEpoch;
    const last = next === undefined ? undefined : Number(next) - 1;
    if (last !== undefined && last < Math.max(from, first)) return [];
    const fault = policy && policyFault(policy);
    if (fault === undefined) return [];
    const message = `the policy of ${rangeText(first, last)} cannot be run: ${fault.reason}`;
    return [{ first, last, newer: fault.newer, message, hint: wayOut(first, last, correction, fault) }];
  });
}

/** The one that governs an epoch, if nobody can run it. */
export function unrunnablePolicyOf(
  segments: readonly SegmentLog[],
  epoch: number,
  currentEpoch: number,
): UnrunnablePolicy | undefined {
  return unrunnablePolicies(segments, { from: epoch, currentEpoch }).findLast(({ first }) => first <= epoch);
}

/** Of code `unrunnable`, with what to do. */
export function refusalOf({ message, hint }: UnrunnablePolicy): JobError {
  return new JobError("unrunnable", message, hint);
}

function wayOut(
  first: number,
  last: number | undefined,
  correction: number,
  { hint, newer }: PolicyFault,
): string {
  if (newer) return "run a release that knows this version";
  const add = (epoch: number) =>
    `let the owner add a segment from epoch ${epoch} on with a corrected policy (${hint}; see \`provender policy check\`)`;
  if (last === undefined && correction <= first) {
    return `${add(first)} before epoch ${first - 1} begins: it takes this one's place, and nothing is lost`;
  }
  const lost = rangeText(first, last ?? correction - 1);
  const repeat = `${lost} can never be computed: post the root before again for each, with \`provender epoch run --repeat --post\``;
  return last === undefined ? `${add(correction)}; ${repeat}` : repeat;
}

function rangeText(first: number, last: number | undefined): string {
  if (last === undefined) return `the epochs from ${first} on`;
  return first === last ? `epoch ${first}` : `epochs ${first} to ${last}`;
}
