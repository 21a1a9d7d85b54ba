// SPDX-License-Identifier: AGPL-3.0-only
import { type Command, Option } from "commander";
import type { AdminFlags } from "../commands/admin.ts";
import type { Context } from "../context.ts";
import { ADMIN_CALLS, type AdminCall, type AdminName } from "./admin-calls.ts";
import { sendOptions } from "./options.ts";

/** Adds `admin` with a command for each of `ADMIN_CALLS`, whose positions and options come from there. */
export function register(program: Command, context: Context): void {
  const admin = program
    .command("admin")
    .description("what owner and guardian alone may do; says what changes, and sends nothing without --send");
  for (const [name, call] of Object.entries<AdminCall>(ADMIN_CALLS)) {
    const command = sendOptions(admin.command(name));
    command.description(`${call.description} (${call.role === "guardian" ? "guardian" : "owner"})`);
    for (const [argument, description] of call.given) command.argument(`<${argument}>`, description);
    for (const [flags, description] of call.options ?? []) command.option(flags, description);
    routeOptions(command).action(async (...all: unknown[]) => {
      const given = all.slice(0, call.given.length) as string[];
      const flags = all[call.given.length] as AdminFlags;
      await (await import("../commands/admin.ts")).run(context, name as AdminName, given, flags);
    });
  }
}

/** How it is sent, and whether by way of a timelock that has the role. */
function routeOptions(command: Command): Command {
  const exclusive = (flag: string, description: string, ...others: string[]) =>
    command.addOption(new Option(flag, description).conflicts(others));
  exclusive("--send", "sign and send it: without this or --safe nothing is sent", "safe", "status");
  exclusive(
    "--safe <file>",
    "write it for a Safe's Transaction Builder instead of sending it",
    "send",
    "status",
  );
  command.option("--safe-address <address>", "the Safe; default: whoever has the role");
  exclusive("--schedule", "propose it to the timelock that has the role", "execute", "cancel", "status");
  exclusive(
    "--execute",
    "carry out what was proposed, once the delay is over",
    "schedule",
    "cancel",
    "status",
  );
  exclusive("--cancel", "take back what was proposed", "schedule", "execute", "status");
  exclusive("--status", "say how the proposal stands", "schedule", "execute", "cancel");
  command.option("--delay <duration>", "with --schedule: longer than the timelock's own delay");
  command.option("--salt <text>", "tells apart proposals of the same call, such as a date");
  return command;
}
