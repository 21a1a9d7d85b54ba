// SPDX-License-Identifier: AGPL-3.0-only
import type { Action } from "../../audit/act.ts";
import { auditJson, auditText } from "../../audit/report-forms.ts";
import { actorWith } from "../acting.ts";
import { actionText } from "../action-text.ts";
import { type AuditFlags, runAudit } from "../audit-run.ts";
import { openChain } from "../audit-source.ts";
import { asEpoch } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { EXIT } from "../exit.ts";
import type { SignerFlags } from "../signing.ts";

export interface Flags extends AuditFlags, SignerFlags {
  readonly epoch: string;
  readonly dryRun?: true;
}

/**
 * Audits a pending root twice, and vetoes what matches neither time. Exit: 0 if it is vetoed, by this or before.
 * @throws UsageError for a bundle; ChainError for an account without a say, or if nothing can be judged
 */
export async function veto(context: Context, flags: Flags): Promise<void> {
  const epoch = asEpoch(flags.epoch);
  const source = await openChain(context, flags);
  const act = await actorWith(context, source, flags, epoch);
  let action: Action = { outcome: "nothing" };
  await runAudit(context, source, { from: epoch, to: epoch }, flags, async ({ report, now }) => {
    if (!flags.json) context.out(auditText(report, source.spent(), source.witnesses(), now));
    action = report.verdict === "match" ? { outcome: "match" } : await act(report);
    const { outcome, transaction = null } = action;
    if (flags.json)
      printJson(context, {
        outcome,
        transaction,
        audit: auditJson(report, source.spent(), source.witnesses()),
      });
    else context.out(actionText(action));
  });
  const isVetoed = ["vetoed", "already-vetoed", "would-veto"].includes(action.outcome);
  context.exit(isVetoed ? EXIT.ok : EXIT.failed);
}
