// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { ProversFlags } from "../commands/provers.ts";
import type { Context } from "../context.ts";
import { chainOptions } from "./options.ts";

export function register(program: Command, context: Context): void {
  chainOptions(program.command("provers"))
    .description("show who worked in an epoch, who staked, who missed, and who was paid")
    .requiredOption("--epoch <number>", "which epoch")
    .action(async (flags: ProversFlags) => (await import("../commands/provers.ts")).run(context, flags));
}
