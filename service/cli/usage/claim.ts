// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { ClaimFlags } from "../commands/claim.ts";
import type { Context } from "../context.ts";
import { sendOptions } from "./options.ts";

/** Adds `claim`, for one prover or for all of them. */
export function register(program: Command, context: Context): void {
  sendOptions(program.command("claim"))
    .description("pay a prover's rewards into its vault and commission; anybody may send this")
    .argument("[prover]", "the prover's address")
    .option("--all", "every prover that has something to claim")
    .action(async (prover: string | undefined, flags: ClaimFlags) =>
      (await import("../commands/claim.ts")).claim(context, prover, flags),
    );
}
