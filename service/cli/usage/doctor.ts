// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { ChainFlags } from "../session.ts";
import type { SignerFlags } from "../signing.ts";
import { chainOptions, signerOptions } from "./options.ts";

/** Adds `doctor`. */
export function register(program: Command, context: Context): void {
  signerOptions(chainOptions(program.command("doctor")))
    .description("check endpoints, contracts, roles, funding, clock and storage, and say what to do")
    .action(async (flags: ChainFlags & SignerFlags) =>
      (await import("../commands/doctor.ts")).doctor(context, flags),
    );
}
