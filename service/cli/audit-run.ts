// SPDX-License-Identifier: AGPL-3.0-only
import { resolve } from "node:path";
import { AuditError } from "../audit/errors.ts";
import type { Audited } from "../audit/judge.ts";
import type { AuditReport } from "../audit/report.ts";
import { reportWriter } from "../audit/report-file.ts";
import { runAudits } from "../audit/run.ts";
import type { Source } from "../audit/source.ts";
import { writeFileWhole } from "../store/file-store.ts";
import { type SourceFlags, saveBundle } from "./audit-source.ts";
import type { Epochs } from "./config.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { EXIT } from "./exit.ts";
import { load } from "./load.ts";
import { EPOCH_PLACEHOLDER } from "./usage/options.ts";

export interface AuditFlags extends SourceFlags {
  readonly artifact?: string;
  readonly fromArtifact?: string;
  readonly report?: string;
}

/**
 * Needs an endpoint and the distributor's address, and nothing that the job or the API made. Gives the exit code.
 * @throws UsageError or AuditError, by the flag's name; ChainError if nothing could be judged
 */
export async function runAudit(
  context: Context,
  source: Source,
  { from, to }: Epochs,
  flags: AuditFlags,
  onAudit: (audited: Audited) => Promise<void> | void,
): Promise<number> {
  const { artifact, report } = flags;
  const continueFrom = await loadContinuation(context, flags);
  requirePlaceholder(artifact, from === to);
  const artifactOf = (epoch: number) => loadArtifact(context, artifact, epoch);
  let exitCode: number = EXIT.ok;
  const writer = report === undefined ? undefined : reportWriter();
  const audits = {
    ...{ source, from, to, artifactOf, continueFrom },
    async onAudit(audited: Audited) {
      writer?.add(audited);
      exitCode = worst(exitCode, audited.report.verdict);
      await onAudit(audited);
    },
  };
  const early = await runAudits(audits).catch((error: unknown) => {
    throw error instanceof AuditError ? namedBy(flags, error) : error;
  });
  if (early !== undefined) {
    const { message, hint } = early;
    context.note(
      flags.json
        ? JSON.stringify({ error: { message, hint, exitCode: EXIT.notReady } })
        : `${message}; ${hint}`,
    );
    exitCode ||= EXIT.notReady;
  }
  if (report !== undefined && writer !== undefined) {
    await writeFileWhole(resolve(context.cwd, report), writer.bytes());
    context.note(`written to ${report}: another auditor checks it with \`provender audit --check\``);
  }
  await saveBundle(context, source, flags);
  return exitCode;
}

/** What is wrong with a file that was given says which, where it is one. */
function namedBy({ artifact, fromArtifact }: AuditFlags, error: AuditError): AuditError {
  if ((artifact === undefined) === (fromArtifact === undefined)) return error;
  const flag = artifact === undefined ? `--from-artifact: ${fromArtifact}` : `--artifact: ${artifact}`;
  return new AuditError(`${flag}: ${error.message}`, error.hint);
}

/** A mismatch is what matters most; what is not proven is neither that nor a match. */
export function worst(exitCode: number, verdict: AuditReport["verdict"]): number {
  if (verdict === "mismatch" || exitCode === EXIT.failed) return EXIT.failed;
  return verdict === "unproven" ? EXIT.notReady : exitCode;
}

/** The artifact to continue from, if one is named. */
export async function loadContinuation(
  context: Context,
  { fromArtifact }: Pick<AuditFlags, "fromArtifact">,
): Promise<Uint8Array | undefined> {
  return fromArtifact === undefined ? undefined : load(context, "--from-artifact", fromArtifact);
}

/** @throws UsageError if one file is named for several epochs */
export function requirePlaceholder(artifact: string | undefined, isOne: boolean): void {
  if (artifact === undefined || isOne || artifact.includes(EPOCH_PLACEHOLDER)) return;
  throw new UsageError(
    "--artifact: names one file for several epochs",
    `write ${EPOCH_PLACEHOLDER} where the epoch's number stands, such as https://example.org/v1/epochs/${EPOCH_PLACEHOLDER}/artifact`,
  );
}

/**
 * The artifact of an epoch from a file or a URL; undefined if no place is given.
 * @throws UsageError if there is nothing to be read
 */
export async function loadArtifact(
  context: Context,
  place: string | undefined,
  epoch: number,
): Promise<Uint8Array | undefined> {
  if (place === undefined) return undefined;
  return load(context, "--artifact", place.replaceAll(EPOCH_PLACEHOLDER, String(epoch)));
}
