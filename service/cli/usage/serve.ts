// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { ServeFlags } from "../commands/serve.ts";
import type { Context } from "../context.ts";
import { chainOptions, notifyOption, signerOptions, workOptions } from "./options.ts";

const RATE_LIMIT = 1_200;

/** Adds `serve`, the HTTP server, with the flags of the work that it may do beside. */
export function register(program: Command, context: Context): void {
  notifyOption(workOptions(signerOptions(chainOptions(program.command("serve")))))
    .description(
      "answer over HTTP: epochs, artifacts, and the Merkle proofs that provers claim with; with --job do the foundation's work too",
    )
    .option("--port <number>", "where to listen; default: 8547 (PROVENDER_PORT)")
    .option("--host <address>", "which of this machine's addresses to listen on", "127.0.0.1")
    .option(
      "--rate-limit <count>",
      "requests a minute that one address is answered; 0: as many as it sends",
      String(RATE_LIMIT),
    )
    .option(
      "--trust-proxy [count]",
      "take the address that the proxy in front of this server names; so many, if one stands behind another",
    )
    .option("--public-rpc <url>", "an endpoint that the page may ask, named to everybody who loads it")
    .action(async (flags: ServeFlags) => (await import("../commands/serve.ts")).serve(context, flags));
}
