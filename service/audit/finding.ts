// SPDX-License-Identifier: AGPL-3.0-only
import type { Address } from "../core/types.ts";
import type { Difference } from "./compare.ts";

/** What a finding is about. */
export type Topic =
  | "registrations"
  | "commissions"
  | "vaults"
  | "claims"
  | "fulfilments"
  | "misses"
  | "segments"
  | "policy"
  | "posts"
  | "snapshot"
  | "carry"
  | "earlier-epoch"
  | "artifact"
  | "total"
  | "root";

/** One reason why a verdict is not a match. */
export interface Finding {
  readonly topic: Topic;
  readonly message: string;
  readonly prover?: Address | undefined;
  readonly difference?: Difference;
}
