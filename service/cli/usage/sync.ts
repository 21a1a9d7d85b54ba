// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { SyncFlags } from "../commands/sync.ts";
import type { Context } from "../context.ts";
import { chainOptions, SYNC_EVERY } from "./options.ts";

/** Adds `sync`, once or with --watch for as long as it runs. */
export function register(program: Command, context: Context): void {
  chainOptions(program.command("sync"))
    .description(
      "read the chain into the database, check it against the contracts, make the artifacts that are missing, and say where it is",
    )
    .option("--watch", "go on following the chain, until stopped")
    .option("--every <seconds>", `how often --watch looks at the chain (default: ${SYNC_EVERY})`)
    .action(async (flags: SyncFlags) => (await import("../commands/sync.ts")).run(context, flags));
}
