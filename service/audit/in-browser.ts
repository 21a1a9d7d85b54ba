// SPDX-License-Identifier: AGPL-3.0-only
// What a page's Worker runs: the command's own audit, with bytes in place of files. Nothing that is imported here asks for
// anything of Node's, which the page's own type check holds; a bundler takes the condition "browser" for `#audit/hashing`.
import type { Fault } from "../chain/endpoints/fault.ts";
import type { Address } from "../core/types.ts";
import { checkReport, type Objection } from "./check-report.ts";
import { canonicalText } from "./json.ts";
import type { Audited } from "./judge.ts";
import type { Progress } from "./progress.ts";
import { readReports, reportWriter } from "./report-file.ts";
import { auditJson, auditText } from "./report-forms.ts";
import { runAudits } from "./run.ts";
import { bundleSource, openBundle, openEndpoints, requireDistributor, type Source } from "./source.ts";
import type { TrustedBlock } from "./state-proof/proven-source.ts";

export interface AuditRequest {
  readonly chain: FromEndpoints | FromBundle;
  /** Takes nobody's word: proves all state and blocks against this one. A bundle of proofs needs it. */
  readonly trustedBlock?: TrustedBlock | undefined;
  /** The first epoch. */
  readonly from: number;
  /** The last epoch; the latest that can be judged, if not given. */
  readonly to?: number | undefined;
  /** The published artifact of an epoch, to name the first prover that differs. */
  readonly artifactOf?: ((epoch: number) => Promise<Uint8Array | undefined>) | undefined;
  /** The artifact of the epoch before the first: continues from its leaves. */
  readonly continueFrom?: Uint8Array | undefined;
  /** Ends all of it: what it was aborted with is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Called some dozen times a second at most where logs are many, and once for each epoch. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Called with each epoch's verdict as soon as there is one. */
  readonly onEpoch?: ((epoch: EpochOutcome) => void) | undefined;
  /** Called when an endpoint fails, limits, lags or contradicts the others. */
  readonly onFault?: ((fault: Fault) => void) | undefined;
}

export interface FromEndpoints {
  /** One URL, or several with commas between them. */
  readonly rpcUrl: string;
  /** How many of several endpoints must agree; more than half of them, if not given. */
  readonly agreement?: number | undefined;
  /** Refuses endpoints of any other chain. */
  readonly chainId?: bigint | undefined;
  readonly distributor: Address;
  /** Gives a bundle of all that was read. */
  readonly isRecorded?: boolean | undefined;
}

export interface FromBundle {
  /** A bundle's bytes, zipped or not. */
  readonly bundle: Uint8Array;
  /** Refuses a bundle of any other. */
  readonly distributor?: Address | undefined;
}

/** One epoch's verdict. All of it can be sent between threads. */
export interface EpochOutcome {
  readonly epoch: number;
  /** As `provender audit --json` prints it. */
  readonly report: ReturnType<typeof auditJson>;
  /** As `provender audit` prints it. */
  readonly text: string;
  /** The artifact as it should have been, in its canonical bytes; undefined if the amounts could not be judged. */
  readonly artifact: Uint8Array | undefined;
}

export interface AuditOutcome {
  readonly epochs: readonly EpochOutcome[];
  /** Why later epochs that were asked for could not be judged yet. */
  readonly early: { readonly message: string; readonly hint: string } | undefined;
  /** What `--report` writes: for another auditor, who checks it with `checkReportBytes` or `provender audit --check`. */
  readonly report: Uint8Array;
  /** What `--bundle FILE.gz` writes, if it was asked for. */
  readonly bundle: Uint8Array | undefined;
}

/**
 * Audits epochs, from endpoints or from a bundle, as the command does.
 * @throws ChainError or AuditError, with `code`, `message` and `hint`, if nothing could be judged; what the signal was
 * aborted with
 */
export async function auditInBrowser(request: AuditRequest): Promise<AuditOutcome> {
  const { from, to, artifactOf, continueFrom, signal, onProgress, onEpoch } = request;
  const source = await sourceOf(request).catch((error) => {
    signal?.throwIfAborted();
    throw error;
  });
  const epochs: EpochOutcome[] = [];
  const report = reportWriter();
  const early = await runAudits({
    ...{ source, from, to, artifactOf, continueFrom, signal, onProgress },
    onAudit(audited) {
      report.add(audited);
      const outcome = outcomeOf(audited, source);
      epochs.push(outcome);
      onEpoch?.(outcome);
    },
  });
  return {
    epochs,
    early: early && { message: early.message, hint: early.hint },
    report: report.bytes(),
    bundle: await source.bundle(true),
  };
}

async function sourceOf({ chain, trustedBlock, signal, onFault }: AuditRequest): Promise<Source> {
  const trusted = trustedBlock && (async () => trustedBlock);
  if ("rpcUrl" in chain) {
    return openEndpoints({ ...chain, isRecorded: chain.isRecorded === true, trusted, signal, onFault });
  }
  const bundle = await openBundle(chain.bundle);
  requireDistributor(bundle, chain.distributor);
  return bundleSource(bundle, trusted);
}

function outcomeOf({ report, artifact, now }: Audited, source: Source): EpochOutcome {
  const [spent, witnesses] = [source.spent(), source.witnesses()];
  return {
    epoch: report.epoch,
    report: auditJson(report, spent, witnesses),
    text: auditText(report, spent, witnesses, source.chain && now),
    artifact: artifact && new TextEncoder().encode(canonicalText(artifact)),
  };
}

export interface CheckedReport {
  readonly chainId: string;
  readonly distributor: Address;
  readonly epochs: readonly { readonly epoch: number; readonly verdict: string }[];
  /** In which ways it does not follow from itself: none, if it holds. */
  readonly objections: readonly Objection[];
}

/** Another auditor's report, by itself; auditing its epochs says what the chain says of it. @throws AuditError if it is none */
export function checkReportBytes(bytes: Uint8Array): CheckedReport {
  const file = readReports(bytes);
  return {
    chainId: String(file.chainId),
    distributor: file.distributor,
    epochs: file.epochs.map(({ epoch, report }) => ({ epoch, verdict: String(report.verdict) })),
    objections: checkReport(file),
  };
}
