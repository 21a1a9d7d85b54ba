// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { ChainFlags } from "../session.ts";
import type { SignerFlags } from "../signing.ts";
import { chainOptions, signerOptions } from "./options.ts";

export function register(program: Command, context: Context): void {
  signerOptions(chainOptions(program.command("relay")))
    .description("bring auditors' signed attestations to the distributor, in one transaction; anybody may")
    .argument("<file...>", "files of `provender attest --sign`, all for one post")
    .action(async (files: string[], flags: ChainFlags & SignerFlags) =>
      (await import("../commands/relay.ts")).relay(context, files, flags),
    );
}
