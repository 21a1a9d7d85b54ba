// SPDX-License-Identifier: AGPL-3.0-only
import { audit } from "../audit/audit.ts";
import { checkReport, compareEntries, type Objection } from "../audit/check-report.ts";
import { entryOf, type ReportFile, readReports } from "../audit/report-file.ts";
import { openSource, type SourceFlags } from "./audit-source.ts";
import { type Context, printJson } from "./context.ts";
import { UsageError } from "./errors.ts";
import { EXIT } from "./exit.ts";
import { count } from "./format.ts";
import { load, named } from "./load.ts";
import { hasEndpoint } from "./session.ts";

export interface CheckFlags extends SourceFlags {
  readonly fromArtifact?: string;
}

/**
 * Another auditor's report: what it says of itself, and with a chain at hand, what the chain says of it. Gives the
 * exit code.
 * @throws UsageError for what is no report, or one of another chain
 */
export async function checkReportFile(context: Context, flags: CheckFlags, place: string): Promise<number> {
  const bytes = await load(context, "--check", place);
  const file = await named("--check", place, "write it again with --report", () => readReports(bytes));
  const own = checkReport(file);
  const onChain = hasChain(context, flags) ? await checkAgainstChain(context, flags, file) : undefined;
  const holds = own.length === 0 && (onChain ?? []).length === 0;
  const { chainId, distributor, epochs } = file;
  if (flags.json) {
    printJson(context, {
      schema: "provender.audit-check/1",
      holds,
      chainId,
      distributor,
      epochs: epochs.map(({ epoch, report }) => ({ epoch, verdict: report.verdict })),
      byItself: own,
      againstChain: onChain ?? null,
    });
  } else {
    context.out(
      [
        `report on ${count(epochs.length, "epoch")} of ${distributor} on chain ${chainId}`,
        ...epochs.map(({ epoch, report }) => `epoch ${epoch}: ${String(report.verdict).toUpperCase()}`),
        "",
        ...lines("amounts and roots follow from its inputs", own),
        ...lines("posts and verdicts are the chain's", onChain),
        "",
      ].join("\n"),
    );
  }
  return holds ? EXIT.ok : EXIT.failed;
}

function hasChain(context: Context, flags: CheckFlags): boolean {
  return flags.fromBundle !== undefined || hasEndpoint(context, flags);
}

async function checkAgainstChain(
  context: Context,
  { fromArtifact, ...flags }: CheckFlags,
  { chainId, distributor, epochs }: ReportFile,
): Promise<Objection[]> {
  const source = await openSource(context, { ...flags, distributor });
  const served = BigInt(await source.client.getChainId());
  if (served !== chainId) {
    throw new UsageError(
      `the report is on chain ${chainId}, the endpoint serves chain ${served}`,
      "give an endpoint of the report's chain",
    );
  }
  const [from = 0, to] = [epochs[0]?.epoch, epochs.at(-1)?.epoch];
  const continueFrom =
    fromArtifact === undefined ? undefined : await load(context, "--from-artifact", fromArtifact);
  const objections: Objection[] = [];
  for await (const audited of audit({
    client: source.client,
    source: source.state,
    distributor,
    from,
    to,
    continueFrom,
  })) {
    const theirs = epochs[audited.report.epoch - from];
    if (theirs !== undefined) objections.push(...compareEntries(theirs, entryOf(audited)));
  }
  return objections;
}

function lines(title: string, objections: readonly Objection[] | undefined): string[] {
  const verdict =
    objections === undefined ? "NOT CHECKED: no endpoint given" : objections.length === 0 ? "YES" : "NO";
  return [
    `${title.padEnd(40)} ${verdict}`,
    ...(objections ?? []).map(({ epoch, message }) => `  epoch ${epoch}: ${message}`),
  ];
}
