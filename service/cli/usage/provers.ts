// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { ProversFlags } from "../commands/provers.ts";
import type { Context } from "../context.ts";
import { chainOptions } from "./options.ts";

/** Adds `provers`, which lists all of them, or with another network an epoch's. */
export function register(program: Command, context: Context): void {
  chainOptions(program.command("provers"))
    .description("whom to trust: every prover's record, stake and terms; of another network, an epoch of it")
    .option("--sort <order>", "on-time, stake, commission, fulfilments or free (default: on-time)")
    .option("--epoch <number>", "of --network provernet: which epoch")
    .action(async (flags: ProversFlags) => (await import("../commands/provers.ts")).run(context, flags));
}
