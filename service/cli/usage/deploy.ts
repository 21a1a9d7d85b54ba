// SPDX-License-Identifier: AGPL-3.0-only
import { type Command, Option } from "commander";
import type { DeployFlags } from "../commands/deploy.ts";
import type { Context } from "../context.ts";
import { DEFAULT_DEPLOYMENT, signerOptions } from "./options.ts";

/** Adds `deploy`, which has an endpoint but no distributor to be told. */
export function register(program: Command, context: Context): void {
  signerOptions(program.command("deploy"))
    .description("deploy the contracts from one config file, and write the deployment record")
    .requiredOption("--config <file>", "what to deploy, and with which parameters")
    .option("--rpc <url>", "RPC endpoint (PROVENDER_RPC_URL)")
    .addOption(new Option("--rpc-url <url>", "the same as --rpc").hideHelp())
    .option("--chain-id <id>", "refuse an endpoint of another chain (PROVENDER_CHAIN_ID)")
    .option("--out <file>", `where the deployment record goes (default: ${DEFAULT_DEPLOYMENT})`)
    .option("--dry-run", "show addresses, sizes and cost, and send nothing; --from is enough")
    .addOption(
      new Option(
        "--unsigned <file>",
        "write the transactions for a signer elsewhere; run again once they are mined, for the record",
      ).conflicts("dryRun"),
    )
    .option(
      "--standard-json <folder>",
      "besides, write the compiler's input of each contract, for Sourcify and explorers",
    )
    .option("--json", "print the deployment record")
    .action(async (flags: DeployFlags) => (await import("../commands/deploy.ts")).deploy(context, flags));
}
