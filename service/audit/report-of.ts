// SPDX-License-Identifier: AGPL-3.0-only
import type { EpochInput, Hex } from "../core/types.ts";
import type { PostFacts } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { Reading } from "./reading.ts";
import type { Recomputed } from "./recompute.ts";
import type { AuditReport, Judgement, Overall, Verdict } from "./report.ts";
import type { PostState } from "./state.ts";

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

function statusOf(
  { postNumber }: PostFacts,
  { latest, active }: PostState,
): NonNullable<AuditReport["post"]>["status"] {
  if (active.postNumber === postNumber) return "active";
  return latest.postNumber === postNumber ? "pending" : "superseded";
}
