// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { RequestersFlags } from "../commands/requesters.ts";
import type { Context } from "../context.ts";
import { chainOptions } from "./options.ts";

/** Adds `requesters`, of one epoch. */
export function register(program: Command, context: Context): void {
  chainOptions(program.command("requesters"))
    .description(
      "say who asked, paid and was served in an epoch: what a foundation's campaigns are chosen by",
    )
    .requiredOption("--epoch <number>", "the epoch, which has begun")
    .action(async (flags: RequestersFlags) =>
      (await import("../commands/requesters.ts")).run(context, flags),
    );
}
