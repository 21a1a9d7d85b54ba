// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { ProofFlags } from "../commands/proof.ts";
import type { Context } from "../context.ts";
import { chainOptions } from "./options.ts";

/** Adds `proof`. */
export function register(program: Command, context: Context): void {
  chainOptions(program.command("proof"))
    .description("show what a prover can claim, and the Merkle proof to claim it with")
    .argument("<prover>", "the prover's address")
    .option("--from-chain", "recompute every epoch from the chain's logs, whatever is on disk or on a server")
    .action(async (prover: string, flags: ProofFlags) =>
      (await import("../commands/proof.ts")).proof(context, prover, flags),
    );
}
