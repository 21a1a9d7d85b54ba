// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { adviceText } from "./advice.ts";
import type { Finding } from "./finding.ts";
import type { AuditReport, Verdict } from "./report.ts";
import type { Spent, Witnesses } from "./source.ts";
import { count, withTokens } from "./words.ts";

const SHOWN_FINDINGS = 10;

/** A report for people, in lines; `now` is the chain's time in seconds. */
export function auditText(
  report: AuditReport,
  { requests, calls, seconds }: Spent,
  witnesses: Witnesses,
  now?: bigint,
): string {
  const { post, recomputed, verdicts } = report;
  const lines = [
    `epoch ${report.epoch} of ${getAddress(report.distributor)} on chain ${report.chainId}: ${
      post === undefined ? "its post is not in the logs" : `post ${post.postNumber}, ${post.status}`
    }`,
  ];
  if (recomputed !== undefined) {
    const { fulfilments, misses, provers, snapshot } = recomputed;
    const read = `${count(fulfilments, "fulfilment")}, ${count(misses, "miss", "misses")}, ${count(provers, "prover")}`;
    lines.push(`read from the chain: ${read}, up to block ${snapshot.number} ${snapshot.hash}`);
  }
  lines.push(
    trustLine(report, witnesses),
    "",
    ...verdictLines("inputs match chain", verdicts.inputs),
    ...verdictLines("amounts match policy", verdicts.amounts),
    ...verdictLines("root matches contract", verdicts.root),
    "",
  );
  if (report.verdict === "match") lines.push(`root ${recomputed?.root ?? post?.root}`);
  lines.push(
    `${report.verdict.toUpperCase()} (${count(requests, "request")}, ${count(calls, "call")}, ${seconds.toFixed(1)} s)`,
  );
  if (report.verdict === "mismatch") lines.push(`what to do: ${adviceText(report, now)}`);
  return `${lines.join("\n")}\n`;
}

/** Addresses inside are lower-case; programs outside expect checksums. */
export function auditJson(report: AuditReport, { requests, calls, seconds }: Spent, witnesses: Witnesses) {
  const { inputs, amounts, root } = report.verdicts;
  return {
    ...report,
    distributor: getAddress(report.distributor),
    post: report.post ?? null,
    recomputed: report.recomputed ?? null,
    advice: report.verdict === "mismatch" ? adviceText(report) : null,
    verdicts: { inputs: verdictJson(inputs), amounts: verdictJson(amounts), root: verdictJson(root) },
    endpoints: report.state === "proven" ? null : witnesses,
    requests,
    calls,
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

/** Whose word the verdicts rest on. */
function trustLine({ state, read }: AuditReport, { asked, agreement, contradicted }: Witnesses): string {
  if (state === "proven") {
    return `proven against trusted block ${read.number} ${read.hash}: state and blocks, and by them the logs; believed: nothing`;
  }
  const others = asked.filter((host) => !contradicted.includes(host));
  const who =
    asked.length === 1
      ? `${asked[0]}, asked alone`
      : `${others.join(" and ")}, of which ${agreement} had to agree${contradicted.length > 0 ? `, against ${contradicted.join(" and ")}` : ""}`;
  return `proven: that the logs are those of the contracts' state; believed: state and blocks, from ${who}`;
}

function verdictLines(title: string, { verdict, reason, findings }: Verdict): string[] {
  const hidden = findings.length - SHOWN_FINDINGS;
  return [
    `${title.padEnd(22)} ${verdict.toUpperCase()}${reason === undefined ? "" : `: ${withTokens(reason)}`}`,
    ...findings.slice(0, SHOWN_FINDINGS).map((finding) => `  ${findingLine(finding)}`),
    ...(hidden > 0 ? [`  and ${hidden} more: see --json`] : []),
  ];
}

function findingLine({ topic, prover, message, log }: Finding): string {
  const whose = prover === undefined ? "" : ` prover ${getAddress(prover)}:`;
  const where =
    log === undefined
      ? ""
      : ` (see ${log.event}, block ${log.block}, transaction ${log.transaction}, log ${log.logIndex})`;
  return `${topic}:${whose} ${withTokens(message)}${where}`;
}

function verdictJson({ findings, ...verdict }: Verdict) {
  return {
    ...verdict,
    findings: findings.map(({ prover, difference, ...finding }) => ({
      ...finding,
      ...(prover && { prover: getAddress(prover) }),
      ...(difference && { difference: { ...difference, prover: getAddress(difference.prover) } }),
    })),
  };
}
