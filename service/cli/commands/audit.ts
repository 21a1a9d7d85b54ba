// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import { auditJson, auditText } from "../audit-report.ts";
import { type AuditFlags, auditOptions, runAudit } from "../audit-run.ts";
import { type Context, printJson } from "../context.ts";
import { EXIT } from "../errors.ts";

export function register(program: Command, context: Context): void {
  auditOptions(program.command("audit"))
    .description("recompute an epoch's root from the chain alone, and compare it with the one posted")
    .action((flags: AuditFlags) => audit(context, flags));
}

async function audit(context: Context, flags: AuditFlags): Promise<void> {
  const run = await runAudit(context, flags);
  if (flags.json) printJson(context, auditJson(run));
  else context.out(auditText(run));
  if (run.report.verdict !== "match") context.exit(EXIT.failed);
}
