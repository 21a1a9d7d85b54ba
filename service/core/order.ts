// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Miss } from "./types.ts";

/** Lower-case addresses of one length: the order of the texts is the order of the bytes. */
export function byProver(a: { readonly prover: Address }, b: { readonly prover: Address }): number {
  return byText(a.prover, b.prover);
}

export function byDeadlineEpochAndRequest(a: Miss, b: Miss): number {
  return a.deadlineEpoch - b.deadlineEpoch || byText(a.requestId, b.requestId);
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
