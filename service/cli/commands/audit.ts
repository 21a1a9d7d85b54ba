// SPDX-License-Identifier: AGPL-3.0-only
import { type Action, actOn } from "../../audit/act.ts";
import type { AuditReport } from "../../audit/report.ts";
import { requireSay } from "../../chain/attest.ts";
import { checkReportFile } from "../audit-check.ts";
import { actionText, auditJson, auditText } from "../audit-report.ts";
import { type AuditFlags, asEpochs, runAudit } from "../audit-run.ts";
import { openSource, type Source } from "../audit-source.ts";
import { runWatch, type WatchFlags } from "../audit-watch.ts";
import { type Context, printJson } from "../context.ts";
import { UsageError } from "../errors.ts";
import { openSigner, type SignerFlags } from "../signing.ts";

export interface Flags extends AuditFlags, WatchFlags, SignerFlags {
  readonly epoch?: string;
  readonly act?: true;
  readonly check?: string;
}

export async function audit(context: Context, flags: Flags): Promise<void> {
  if (flags.check !== undefined) {
    context.exit(await checkReportFile(context, flags, flags.check));
    return;
  }
  const epochs = flags.epoch === undefined ? undefined : asEpochs(flags.epoch);
  if (epochs === undefined && !flags.watch) {
    throw new UsageError("--epoch is missing", "name an epoch or a range of epochs, or --watch: see --help");
  }
  const source = await openSource(context, flags);
  const act = flags.act ? await actor(context, source, flags) : undefined;
  const tell = async (report: AuditReport) => {
    // What was found is said before anything is done about it.
    if (!flags.json) context.out(auditText(report, source.spent(), source.witnesses()));
    const action = await act?.(report);
    if (flags.json)
      printJson(context, {
        ...auditJson(report, source.spent(), source.witnesses()),
        ...(act && { action }),
      });
    else if (action !== undefined) context.out(actionText(action));
  };
  context.exit(
    epochs === undefined
      ? await runWatch(context, source, flags, tell)
      : await runAudit(context, source, epochs, flags, ({ report }) => tell(report)),
  );
}

/** Acts with the key that was given, which must be one that has a say. */
async function actor(
  context: Context,
  { chain, distributor }: Source,
  flags: Flags,
): Promise<(report: AuditReport) => Promise<Action>> {
  if (chain === undefined) throw new UsageError("--act needs a chain", "leave out --from-bundle");
  const signer = await openSigner(context, chain, flags);
  const say = await requireSay(chain.client, distributor, signer.address);
  return (report) => actOn({ client: chain.client, signer, say, log: context.note }, report);
}
