// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import type { Finding } from "../audit/finding.ts";
import type { Verdict } from "../audit/report.ts";
import type { AuditRun } from "./audit-run.ts";

const SHOWN_FINDINGS = 10;

export function auditText({ report, requests, calls, seconds }: AuditRun): string {
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
    "",
    ...verdictLines("inputs match chain", verdicts.inputs),
    ...verdictLines("amounts match policy", verdicts.amounts),
    ...verdictLines("root matches contract", verdicts.root),
    "",
  );
  if (report.verdict === "match") lines.push(`root ${recomputed?.root}`);
  lines.push(
    `${report.verdict.toUpperCase()} (${count(requests, "request")}, ${count(calls, "call")}, ${seconds.toFixed(1)} s)`,
  );
  return `${lines.join("\n")}\n`;
}

/** Addresses inside are lower-case; programs outside expect checksums. */
export function auditJson({ report, requests, calls, seconds }: AuditRun) {
  const { inputs, amounts, root } = report.verdicts;
  return {
    ...report,
    distributor: getAddress(report.distributor),
    post: report.post ?? null,
    recomputed: report.recomputed ?? null,
    verdicts: { inputs: verdictJson(inputs), amounts: verdictJson(amounts), root: verdictJson(root) },
    requests,
    calls,
    seconds: Math.round(seconds * 1000) / 1000,
  };
}

function verdictLines(title: string, { verdict, reason, findings }: Verdict): string[] {
  const hidden = findings.length - SHOWN_FINDINGS;
  return [
    `${title.padEnd(22)} ${verdict.toUpperCase()}${reason === undefined ? "" : `: ${reason}`}`,
    ...findings.slice(0, SHOWN_FINDINGS).map((finding) => `  ${findingLine(finding)}`),
    ...(hidden > 0 ? [`  and ${hidden} more: see --json`] : []),
  ];
}

function findingLine({ topic, prover, message }: Finding): string {
  return prover === undefined ? `${topic}: ${message}` : `${topic}: prover ${getAddress(prover)}: ${message}`;
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

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
