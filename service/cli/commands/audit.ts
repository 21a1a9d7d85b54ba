// SPDX-License-Identifier: AGPL-3.0-only
import type { Audited } from "../../audit/judge.ts";
import type { AuditReport } from "../../audit/report.ts";
import { auditJson, auditText } from "../../audit/report-forms.ts";
import { actorWith } from "../acting.ts";
import { actionText } from "../action-text.ts";
import { checkReportFile } from "../audit-check.ts";
import { type AuditFlags, runAudit } from "../audit-run.ts";
import { openSource } from "../audit-source.ts";
import { runWatch, type WatchFlags } from "../audit-watch.ts";
import { asEpochs } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { UsageError } from "../errors.ts";
import { isOtherNetwork } from "../network.ts";
import { auditOtherNetwork, type OtherAuditFlags, THEIRS } from "../network-audit.ts";
import { sourceBeside } from "../network-beside.ts";
import { whenReachable } from "../patient.ts";
import { OF_OTHER_NETWORKS, refuseFlags, refuseWithout } from "../refuse-flags.ts";
import type { SignerFlags } from "../signing.ts";

export interface Flags extends OtherAuditFlags, AuditFlags, WatchFlags, SignerFlags {
  readonly epoch?: string;
  readonly act?: true;
  readonly dryRun?: true;
  readonly check?: string;
}

/**
 * Says what it finds of each epoch, and with --act attests or vetoes by it. Exit: that of the worst verdict.
 * @throws UsageError without an epoch or --watch; ChainError, AuditError if nothing can be judged
 */
export async function audit(context: Context, flags: Flags): Promise<void> {
  const isBeside = isOtherNetwork(context, flags) && flags.output === "distributor";
  if (isOtherNetwork(context, flags) && !isBeside) return auditOtherNetwork(context, flags);
  refuseFlags(flags, isBeside ? THEIRS : ["output", ...THEIRS], ...OF_OTHER_NETWORKS);
  refuseWithout(flags, "watch", ["every", "notify"]);
  if (flags.check !== undefined) {
    context.exit(await checkReportFile(context, flags, flags.check));
    return;
  }
  const epochs = flags.epoch === undefined ? undefined : asEpochs(flags.epoch);
  if (epochs === undefined && !flags.watch) {
    throw new UsageError("--epoch is missing", "name an epoch or a range of epochs, or --watch: see --help");
  }
  const several = epochs === undefined || epochs.from !== epochs.to;
  const begin = <T>(open: () => Promise<T>) => (flags.watch ? whenReachable(context, open) : open());
  const leaving = new AbortController();
  const { signal } = leaving;
  const source = await begin(() =>
    isBeside ? sourceBeside(context, flags, signal) : openSource(context, flags, signal),
  );
  const act = flags.act ? await begin(() => actorWith(context, source, flags, epochs?.from ?? 0)) : undefined;
  // A bundle is read long after it was recorded.
  const textOf = (report: AuditReport, now: bigint) =>
    auditText(report, source.spent(), source.witnesses(), source.chain && now);
  const tell = async ({ report, now }: Audited, signal?: AbortSignal) => {
    // What was found is said before anything is done about it.
    if (!flags.json) context.out(textOf(report, now));
    const action = await act?.(report, signal);
    const result = () => auditJson(report, source.spent(), source.witnesses());
    if (flags.json) printJson(context, { ...result(), ...(act && { action }) }, several);
    else if (action !== undefined) context.out(actionText(action));
    return action?.outcome !== "unconfirmed";
  };
  context.exit(
    epochs === undefined
      ? await runWatch(context, source, flags, tell, () => leaving.abort())
      : await runAudit(context, source, epochs, flags, async (audited) => void (await tell(audited))),
  );
}
