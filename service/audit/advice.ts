// SPDX-License-Identifier: AGPL-3.0-only

import { moment, time } from "../chain/moments.ts";
import { AGAINST, type Topic } from "./finding.ts";
import type { AuditReport } from "./report.ts";

/** What somebody with a say should do about the post that a report is on. */
export type Advice = "attest" | "veto" | "nothing";

/** A veto needs something that speaks against the post, and nothing that speaks against who showed it to us. */
export function adviceOn(report: AuditReport): Advice {
  if (report.post === undefined) return "nothing";
  if (report.verdict === "match") return "attest";
  return blames(report, "post") && !blamesEndpoint(report) ? "veto" : "nothing";
}

/** Whether the logs that were read are not the chain's. */
export function blamesEndpoint(report: AuditReport): boolean {
  return blames(report, "endpoint");
}

function blames({ verdicts }: AuditReport, whom: string): boolean {
  const findings = Object.values(verdicts).flatMap((one) => one.findings);
  return findings.some(({ topic }) => AGAINST[topic] === whom);
}

/** What to do about a mismatch, and until when; `now`, in seconds, says how far away that is. */
export function adviceText(report: AuditReport, now?: bigint): string {
  const { epoch, post, window } = report;
  const end = BigInt(window?.until ?? 0n);
  const until = window === null ? "" : ` until ${now === undefined ? time(end) : moment(end, now)}`;
  if (blamesEndpoint(report) || post === undefined) {
    return `nothing speaks against the post, but against what this endpoint shows: audit again through others${until}`;
  }
  if (has(report, "unknown-policy")) {
    return `audit again with a release that knows the policy${until}`;
  }
  if (adviceOn(report) === "veto") {
    return window === null
      ? "the root is no longer pending, and stands: no veto can reach it; tell the foundation which epoch, and audit later ones with --from-artifact"
      : `have an auditor or the guardian veto it${until}: provender veto --epoch ${epoch}`;
  }
  if (has(report, "earlier-epoch")) {
    return `audit it with --from-artifact, the artifact of epoch ${epoch - 1}, before you attest or veto${until}; if nobody knows that, and the same root is posted again: provender attest --epoch ${epoch} --repeat`;
  }
  return "the post matches, and the file that was given is another: get the artifact elsewhere";
}

function has({ verdicts }: AuditReport, topic: Topic): boolean {
  return Object.values(verdicts).some(({ findings }) => findings.some((finding) => finding.topic === topic));
}
