// SPDX-License-Identifier: AGPL-3.0-only
import type { Address } from "../core/types.ts";

/** How our bid stands in the market: what is sealed there may be another bid than the one we know. */
export type Standing = "none" | "sealed" | "other" | "revealed";

/** What became of a bid; after `unrevealed` the bond may be forfeited, after `missed` the lock is slashed. */
type Outcome = "fulfilled" | "lost" | "uncommitted" | "unrevealed" | "missed" | "closed";

export type Step =
  | { readonly kind: "commit" | "reveal" | "fulfil" }
  | { readonly kind: "wait"; readonly until: bigint }
  | { readonly kind: "end"; readonly outcome: Outcome };

/** What the next step depends on, of a request as the market tells it. */
export interface RequestState {
  readonly status: number;
  readonly commitEnd: bigint;
  readonly revealEnd: bigint;
  readonly deadline: bigint;
  readonly leader: Address;
}

export const STATUS = { open: 1, fulfilled: 2, missed: 3 } as const;

/** What to do about a bid of ours now. It follows from the chain alone: a restart loses nothing but time. */
export function nextStep(request: RequestState, standing: Standing, prover: Address, now: bigint): Step {
  const leads = request.leader.toLowerCase() === prover;
  if (request.status !== STATUS.open) return { kind: "end", outcome: outcomeOf(request.status, leads) };
  if (now <= request.commitEnd) {
    if (standing === "sealed") return { kind: "wait", until: request.commitEnd + 1n };
    return { kind: "commit" };
  }
  if (standing === "none") return { kind: "end", outcome: "uncommitted" };
  if (standing === "other") return { kind: "end", outcome: "unrevealed" };
  if (now <= request.revealEnd) {
    if (standing === "revealed") return { kind: "wait", until: request.revealEnd + 1n };
    return { kind: "reveal" };
  }
  if (standing === "sealed") return { kind: "end", outcome: "unrevealed" };
  if (!leads) return { kind: "end", outcome: "lost" };
  return now <= request.deadline ? { kind: "fulfil" } : { kind: "end", outcome: "missed" };
}

function outcomeOf(status: number, leads: boolean): Outcome {
  if (status === STATUS.fulfilled) return leads ? "fulfilled" : "lost";
  if (status === STATUS.missed) return leads ? "missed" : "lost";
  return "closed";
}
