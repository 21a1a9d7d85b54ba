// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../core/types.ts";
import { type CostRule, feeFor, secondsFor } from "./cost.ts";
import type { Capacity, Request } from "./market.ts";
import type { NewRequest } from "./requests.ts";
import { Retry } from "./retry.ts";

/** Why a request is not bid for, now or at all. */
type Reason =
  | "no-backend"
  | "unprovable"
  | "wrong-proof"
  | "checked-too-late"
  | "no-cost"
  | "cost-above-max-fee"
  | "deadline"
  | "not-eligible"
  | "collateral"
  | "assignments"
  | "max-open";

export interface Candidate extends NewRequest {
  readonly retry: Retry;
  request?: Request;
  /** What the backend said of it: nothing yet, being asked, that it can prove it. */
  checked: "no" | "asked" | "yes";
  /** Stops the question, once it is too late to bid. */
  readonly stop: AbortController;
  /** A zk proof that the backend had ready, and that holds. */
  zkProof?: Hex;
  /** The last reason that was given, so that it is given once. */
  reason?: Reason;
}

export interface Decision {
  readonly kind: "bid" | "later" | "never";
  readonly fee?: bigint;
  readonly reason?: Reason;
  readonly detail?: string;
}

/** A request to look at, until its auction closes. */
export function candidateOf(request: NewRequest): Candidate {
  return { ...request, retry: new Retry(), checked: "no", stop: new AbortController() };
}

export interface Load {
  readonly capacity: Capacity;
  /** What the bids that are not revealed may come to lock: all of them may lead. */
  readonly promised: bigint;
  readonly unrevealed: number;
  readonly jobsInHand: number;
}

export interface Limits {
  /** The most bids and assignments at a time. */
  readonly maxOpen: number;
  /** How many zk proofs are made at a time. */
  readonly parallel: number;
}

/**
 * Whether to bid, and what. Only what every bid could take on at once is bid: a reveal must never fail for want of it,
 * and no job may be won that those before it leave no time for.
 */
export function decide(rule: CostRule, request: Request, load: Load, limits: Limits): Decision {
  const { capacity, promised, unrevealed, jobsInHand } = load;
  const fee = feeFor(rule, request.programKey, jobsInHand);
  if (fee === undefined) return { kind: "never", reason: "no-cost" };
  const rounds = BigInt(Math.floor(jobsInHand / limits.parallel) + 1);
  const needed = rounds * BigInt(secondsFor(rule, request.programKey) ?? 0);
  if (request.revealEnd + needed > request.deadline) return { kind: "later", reason: "deadline" };
  if (fee > request.maxFee) return { kind: "later", reason: "cost-above-max-fee" };
  if (jobsInHand >= limits.maxOpen) return { kind: "later", reason: "max-open" };
  if (!capacity.eligible) return { kind: "later", reason: "not-eligible" };
  // A reveal releases the bond, and then needs as much free as the request locks.
  const isShort = (amount: bigint) => capacity.freeCollateral < promised + amount;
  if (isShort(request.lockAmount) || isShort(request.bond)) return { kind: "later", reason: "collateral" };
  if (capacity.openAssignments + BigInt(unrevealed) >= request.maxOpenAssignments) {
    return { kind: "later", reason: "assignments" };
  }
  return { kind: "bid", fee };
}

/** In the order in which auctions close, and of arrival. */
export function byUrgency(candidates: Iterable<Candidate>): Candidate[] {
  const closing = ({ request }: Candidate) => Number(request?.commitEnd ?? 0n);
  return [...candidates].sort((a, b) => closing(a) - closing(b));
}
