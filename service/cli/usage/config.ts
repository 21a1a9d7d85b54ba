// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { ConfigFlags } from "../commands/config.ts";
import type { Context } from "../context.ts";

/** Adds `config show` and `config schema`. */
export function register(program: Command, context: Context): void {
  const config = program.command("config").description("where settings come from, and what they are");

  config
    .command("show")
    .description("say what is set, and by what; URLs without what may be a key")
    .option("--json", "print the result as JSON")
    .action(async (flags: ConfigFlags) => (await import("../commands/config.ts")).show(context, flags));

  config
    .command("schema")
    .description("print the JSON Schema of provender.config.json")
    .action(async () => (await import("../commands/config.ts")).schema(context));
}
