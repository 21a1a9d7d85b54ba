// SPDX-License-Identifier: AGPL-3.0-only
import { type Command, Option } from "commander";
import type { Flags } from "../commands/attest.ts";
import type { Context } from "../context.ts";
import { auditOptions, dryRunOption, otherPolicyOptions, signerOptions } from "./options.ts";

/** Adds `attest`, with the flags of an audit beside its own. */
export function register(program: Command, context: Context): void {
  dryRunOption(signerOptions(otherPolicyOptions(auditOptions(program.command("attest")))))
    .description("audit a pending root, and attest it if it matches")
    .requiredOption("--epoch <number>", "which epoch")
    .addOption(
      new Option(
        "--sign <file>",
        "write a signed attestation instead of sending it, for `provender relay`",
      ).conflicts("dryRun"),
    )
    .option(
      "--repeat",
      "attest the standing root where it is posted again, because nobody knows the leaves before it",
    )
    .action(async (flags: Flags) => (await import("../commands/attest.ts")).attest(context, flags));
}
