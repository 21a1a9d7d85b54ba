// SPDX-License-Identifier: AGPL-3.0-only
import { type Command, Option } from "commander";
import type { Flags } from "../commands/audit.ts";
import type { Context } from "../context.ts";
import {
  auditOptions,
  dryRunOption,
  notifyOption,
  otherPolicyOptions,
  signerOptions,
  watchOptions,
} from "./options.ts";

/** Adds `audit`: of an epoch, of a range, of a bundle or a report, or with --watch of what is posted from now on. */
export function register(program: Command, context: Context): void {
  const command = auditOptions(program.command("audit"));
  dryRunOption(notifyOption(signerOptions(watchOptions(otherPolicyOptions(command)))))
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
    .option(
      "--bundle <file>",
      "record all that was read, to audit again without network (.gz: compressed; s3://BUCKET/PREFIX: under its hash)",
    )
    .option("--from-bundle <file>", "read such a record instead of the chain; a file, an object or a URL")
    .addOption(
      new Option(
        "--check <file>",
        "check another auditor's --report: by itself, and against the chain if an endpoint or a bundle is given",
      ).conflicts(["epoch", "watch", "report", "bundle", "artifact"]),
    )
    .action(async (flags: Flags) => (await import("../commands/audit.ts")).audit(context, flags));
}
