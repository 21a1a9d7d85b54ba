// SPDX-License-Identifier: AGPL-3.0-only
// What an audit says. Only types: they are the package's, and bring nothing of how the report comes about.
import type { Address, Hex } from "../core/types.ts";
import type { Finding } from "./finding.ts";

/** What was found against each of the three statements that a post makes. */
export interface Judgement {
  /** Its inputs are what the chain holds. */
  readonly inputs: Finding[];
  /** What of it a trusted block was given for, and does not prove. */
  readonly unproven: string[];
  /** Its amounts follow from the inputs by the policy. */
  readonly amounts: Finding[];
  /** Its root commits to those amounts. */
  readonly root: Finding[];
}

export interface Verdict {
  /**
   * unjudged: what it depends on is not known well enough. unproven: a match, of which the trusted block does not prove
   * all. `reason` says why.
   */
  readonly verdict: "match" | "mismatch" | "unjudged" | "unproven";
  readonly reason?: string;
  readonly findings: readonly Finding[];
}

export type Overall = "match" | "mismatch" | "unproven";

/** Amounts as decimal strings, so that the report is its own JSON. */
export interface AuditReport {
  readonly schema: "provender.audit/1";
  readonly verdict: Overall;
  readonly chainId: string;
  readonly distributor: Address;
  readonly epoch: number;
  /** The final block up to which the logs were read, and at which they were compared with the contracts. */
  readonly read: { readonly number: string; readonly hash: Hex };
  /** Whether state and blocks were proven against that block, or an endpoint's word was taken for them. */
  readonly state: "proven" | "believed";
  readonly post: PostSummary | undefined;
  /** While the post can still be vetoed: how long that is in all, in seconds, and until which block timestamp. */
  readonly window: { readonly seconds: string; readonly until: string } | null;
  readonly recomputed: ResultSummary | undefined;
  readonly verdicts: { readonly inputs: Verdict; readonly amounts: Verdict; readonly root: Verdict };
}

interface PostSummary {
  readonly postNumber: string;
  /** superseded: active once, and followed by a later epoch's root. */
  readonly status: "pending" | "active" | "superseded";
  readonly root: Hex;
  readonly cumulativeTotal: string;
  readonly datasetHash: Hex;
  readonly snapshot: { readonly number: string; readonly hash: Hex };
}

interface ResultSummary {
  readonly root: Hex;
  readonly cumulativeTotal: string;
  readonly added: string;
  readonly datasetHash: Hex;
  readonly snapshot: { readonly number: string; readonly hash: Hex };
  readonly provers: number;
  readonly fulfilments: number;
  readonly misses: number;
}
