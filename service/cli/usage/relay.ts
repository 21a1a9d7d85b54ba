// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { SendFlags } from "../transactions.ts";
import { sendOptions } from "./options.ts";

/** Adds `relay`, for one signed attestation or several. */
export function register(program: Command, context: Context): void {
  sendOptions(program.command("relay"))
    .description("bring auditors' signed attestations to the distributor, in one transaction; anybody may")
    .argument("<file...>", "files of `provender attest --sign`, all for one post")
    .action(async (files: string[], flags: SendFlags) =>
      (await import("../commands/relay.ts")).relay(context, files, flags),
    );
}
