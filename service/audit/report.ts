// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, EpochInput, Hex } from "../core/types.ts";
import type { PostFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { Reading } from "./reading.ts";
import type { Recomputed } from "./recompute.ts";
import type { PostState } from "./state.ts";

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

interface About {
  readonly reading: Reading;
  readonly epoch: number;
  readonly post: PostFacts | undefined;
}

interface Outcome {
  readonly input: EpochInput;
  readonly result: Recomputed;
  readonly datasetHash: Hex;
}

/** `unjudged` is why amounts and root could not be judged, unless something was found against them all the same. */
export function reportOf(
  { reading: { source, deployment, final, posts }, epoch, post }: About,
  judgement: Judgement,
  unjudged?: string,
  outcome?: Outcome,
): AuditReport {
  const { unproven } = judgement;
  const verdicts = {
    inputs: verdictOn(judgement.inputs, undefined, unproven),
    amounts: verdictOn(judgement.amounts, unjudged),
    root: verdictOn(judgement.root, unjudged),
  };
  return {
    schema: "provender.audit/1",
    verdict: overallOf(Object.values(verdicts).map(({ verdict }) => verdict)),
    chainId: String(deployment.chainId),
    distributor: deployment.distributor,
    epoch,
    read: { number: String(final.number), hash: final.hash },
    state: source.kind,
    post: post && {
      postNumber: String(post.postNumber),
      status: statusOf(post, posts),
      root: post.root,
      cumulativeTotal: String(post.cumulativeTotal),
      datasetHash: post.datasetHash,
      snapshot: { number: String(post.snapshotBlock), hash: post.snapshotHash },
    },
    window: post === undefined ? null : windowOf(post, posts),
    recomputed: outcome && {
      root: outcome.result.root,
      cumulativeTotal: String(outcome.result.total),
      added: String(outcome.result.added),
      datasetHash: outcome.datasetHash,
      snapshot: { number: String(outcome.input.snapshot.number), hash: outcome.input.snapshot.hash },
      provers: outcome.input.provers.length,
      fulfilments: outcome.input.fulfilments.count,
      misses: outcome.input.misses.length,
    },
    verdicts,
  };
}

/** Of all that was said about a post, one word. */
export function overallOf(verdicts: readonly unknown[]): Overall {
  if (verdicts.every((verdict) => verdict === "match")) return "match";
  return verdicts.every((verdict) => verdict === "match" || verdict === "unproven") ? "unproven" : "mismatch";
}

function verdictOn(
  findings: readonly Finding[],
  unjudged?: string,
  unproven: readonly string[] = [],
): Verdict {
  if (findings.length > 0) return { verdict: "mismatch", findings };
  if (unproven.length > 0) return { verdict: "unproven", reason: unproven.join("; "), findings };
  return unjudged === undefined
    ? { verdict: "match", findings }
    : { verdict: "unjudged", reason: unjudged, findings };
}

function windowOf({ postNumber }: PostFacts, { latest }: PostState): AuditReport["window"] {
  const { postedAt, claimableAt, vetoed, active } = latest;
  if (latest.postNumber !== postNumber || vetoed || active) return null;
  return { seconds: String(claimableAt - postedAt), until: String(claimableAt) };
}

function statusOf({ postNumber }: PostFacts, { latest, active }: PostState): PostSummary["status"] {
  if (active.postNumber === postNumber) return "active";
  return latest.postNumber === postNumber ? "pending" : "superseded";
}
