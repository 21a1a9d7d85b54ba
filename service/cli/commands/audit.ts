// SPDX-License-Identifier: AGPL-3.0-only
import { type Command, Option } from "commander";
import { type Action, actOn } from "../../audit/act.ts";
import type { AuditReport } from "../../audit/report.ts";
import { requireSay } from "../../chain/attest.ts";
import { checkReportFile } from "../audit-check.ts";
import { actionText, auditJson, auditText } from "../audit-report.ts";
import { type AuditFlags, asEpochs, auditOptions, runAudit } from "../audit-run.ts";
import { openSource, type Source } from "../audit-source.ts";
import { runWatch, type WatchFlags, watchOptions } from "../audit-watch.ts";
import { type Context, printJson } from "../context.ts";
import { UsageError } from "../errors.ts";
import { openSigner, type SignerFlags, signerOptions } from "../signing.ts";

interface Flags extends AuditFlags, WatchFlags, SignerFlags {
  readonly epoch?: string;
  readonly act?: true;
  readonly check?: string;
}

export function register(program: Command, context: Context): void {
  signerOptions(watchOptions(auditOptions(program.command("audit"))))
    .description("recompute epochs' roots from the chain alone, and compare them with the ones posted")
    .option("--epoch <number or range>", "which epoch, such as 7, 3..7, or 3.. for all from 3 on")
    .addOption(
      new Option(
        "--act",
        "attest what matches, veto what does not; needs an auditor's or the guardian's key",
      ).conflicts(["fromBundle", "check"]),
    )
    .option(
      "--report <file>",
      "write the verdicts and the recomputed artifacts, for another auditor to check",
    )
    .option("--bundle <file>", "record all that was read, to audit again without network (.gz: compressed)")
    .option("--from-bundle <file>", "read such a record instead of the chain")
    .addOption(
      new Option(
        "--check <file>",
        "check another auditor's --report: by itself, and against the chain if an endpoint or a bundle is given",
      ).conflicts(["epoch", "watch", "report", "bundle", "artifact"]),
    )
    .action((flags: Flags) => audit(context, flags));
}

async function audit(context: Context, flags: Flags): Promise<void> {
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
    if (!flags.json) context.out(auditText(report, source.spent()));
    const action = await act?.(report);
    if (flags.json) printJson(context, { ...auditJson(report, source.spent()), ...(act && { action }) });
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
