// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { Flags } from "../commands/veto.ts";
import type { Context } from "../context.ts";
import { auditOptions, dryRunOption, signerOptions } from "./options.ts";

/** Adds `veto`, with the flags of an audit. */
export function register(program: Command, context: Context): void {
  dryRunOption(signerOptions(auditOptions(program.command("veto"))))
    .description("audit a pending root twice, and veto it if both times it does not match")
    .requiredOption("--epoch <number>", "which epoch")
    .action(async (flags: Flags) => (await import("../commands/veto.ts")).veto(context, flags));
}
