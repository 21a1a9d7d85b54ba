// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import { auditEpoch } from "../audit/audit.ts";
import type { AuditReport } from "../audit/report.ts";
import { type Chain, connect } from "../chain/client.ts";
import { asEpoch } from "./config.ts";
import type { Context } from "./context.ts";
import { load } from "./load.ts";
import { type ChainFlags, chainOptions, configOf, reporter } from "./session.ts";

export interface AuditFlags extends ChainFlags {
  readonly epoch: string;
  readonly artifact?: string;
  readonly fromArtifact?: string;
}

export interface AuditRun {
  readonly chain: Chain;
  readonly report: AuditReport;
  /** HTTP requests to the endpoints. */
  readonly requests: number;
  /** JSON-RPC calls, which travel in them. */
  readonly calls: number;
  readonly seconds: number;
}

export function auditOptions(command: Command): Command {
  return chainOptions(command)
    .requiredOption("--epoch <number>", "which epoch")
    .option("--artifact <file or URL>", "the published artifact, to name the first prover that differs")
    .option(
      "--from-artifact <file or URL>",
      "continue from the artifact of the epoch before, instead of from epoch 0",
    );
}

/** Needs an endpoint and the distributor's address, and nothing that the job or the API made. */
export async function runAudit(context: Context, flags: AuditFlags): Promise<AuditRun> {
  const { epoch: text, artifact, fromArtifact, ...chainFlags } = flags;
  const epoch = asEpoch(text);
  const { distributor, ...endpoint } = configOf(context, chainFlags);
  const given = {
    artifact: artifact === undefined ? undefined : await load(context, "--artifact", artifact),
    continueFrom:
      fromArtifact === undefined ? undefined : await load(context, "--from-artifact", fromArtifact),
  };
  const start = performance.now();
  const sent = { requests: 0, calls: 0 };
  const counters = { onRequest: () => void sent.requests++, onCall: () => void sent.calls++ };
  const chain = await connect({ ...endpoint, ...counters, onFault: reporter(context, endpoint) });
  context.note(`recomputing epoch ${epoch} from the chain`);
  const report = await auditEpoch({ client: chain.client, distributor, epoch, ...given });
  return { chain, report, ...sent, seconds: (performance.now() - start) / 1000 };
}
