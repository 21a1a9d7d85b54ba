// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { CheckFlags } from "../commands/policy.ts";
import type { Context } from "../context.ts";
import { chainOptions } from "./options.ts";

/** Adds `policy check` and `policy schema`. */
export function register(program: Command, context: Context): void {
  const policy = program
    .command("policy")
    .description("check reward policies before a distributor is given one");

  chainOptions(policy.command("check"))
    .description("validate a policy, hash it, work an example, and say what self-dealing would earn")
    .argument("<file>", "the policy, in JSON")
    .option("--data <file or URL>", "work on the epoch of a published artifact")
    .option(
      "--epoch <number or range>",
      "work on an epoch that has ended, or on several as 3..7, read from the chain",
    )
    .option(
      "--against <file>",
      "another policy, to compare with (on a recorded epoch: the one in force, if not given)",
    )
    .option("--budget <wei>", "with --network: what the epoch offers (default: the most that it may pay)")
    .action(async (file: string, flags: CheckFlags) =>
      (await import("../commands/policy.ts")).check(context, file, flags),
    );

  policy
    .command("schema")
    .description("print the JSON Schema of policies")
    .action(async () => (await import("../commands/policy.ts")).schema(context));
}
