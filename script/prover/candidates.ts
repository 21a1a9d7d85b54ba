// SPDX-License-Identifier: AGPL-3.0-only
import { type Backend, type Prove, prepareWith, UnprovableError } from "./backends.ts";
import { type CostRule, feeFor } from "./cost.ts";
import type { Capacity, Market, Request } from "./market.ts";
import { STATUS } from "./plan.ts";
import { max, type NewRequest } from "./requests.ts";
import { Retry } from "./retry.ts";

/** Why a request is not bid for, now or at all. */
type Reason =
  | "no-backend"
  | "unprovable"
  | "no-cost"
  | "cost-above-max-fee"
  | "not-eligible"
  | "collateral"
  | "assignments";

export interface Candidate extends NewRequest {
  readonly retry: Retry;
  request?: Request;
  prove?: Prove;
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
  return { ...request, retry: new Retry() };
}

/** Reads the request, and executes it while bids are taken, unless that was done before. */
export async function examine(
  market: Market,
  backends: readonly Backend[],
  candidate: Candidate,
  now: bigint,
): Promise<Decision | undefined> {
  candidate.request ??= await market.request(candidate.id);
  const { status, commitEnd } = candidate.request;
  if (status !== STATUS.open || now > commitEnd) return { kind: "never" };
  if (candidate.prove !== undefined) return undefined;
  try {
    const prove = await prepareJob(market, backends, candidate.request, candidate.inputUri);
    if (prove === undefined) return { kind: "never", reason: "no-backend" };
    candidate.prove = prove;
    return undefined;
  } catch (error) {
    if (!(error instanceof UnprovableError)) throw error;
    return { kind: "never", reason: "unprovable", detail: error.message };
  }
}

/** How to prove what a request asks for. */
export async function prepareJob(
  market: Market,
  backends: readonly Backend[],
  { verifierVersion, programKey, publicValuesDigest }: Request,
  inputUri: string,
): Promise<Prove | undefined> {
  const verifierKeyHash = await market.keyHash(verifierVersion);
  return prepareWith(backends, { verifierKeyHash, programKey, publicValuesDigest, inputUri });
}

export interface Load {
  readonly capacity: Capacity;
  /** What the bids that are not revealed may come to lock: all of them may lead. */
  readonly promised: bigint;
  readonly unrevealed: number;
  readonly jobsInHand: number;
}

/** Whether to bid, and what. Only what every bid could take on at once is bid: a reveal must never fail for want of it. */
export function decide(rule: CostRule, request: Request, load: Load): Decision {
  const { capacity, promised, unrevealed, jobsInHand } = load;
  const fee = feeFor(rule, request.programKey, jobsInHand);
  if (fee === undefined) return { kind: "never", reason: "no-cost" };
  if (fee > request.maxFee) return { kind: "later", reason: "cost-above-max-fee" };
  if (!capacity.eligible) return { kind: "later", reason: "not-eligible" };
  const needed = max(request.lockAmount, request.bond);
  if (capacity.freeCollateral < promised + needed) return { kind: "later", reason: "collateral" };
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
