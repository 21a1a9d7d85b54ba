// SPDX-License-Identifier: AGPL-3.0-only
import { type Command, Option } from "commander";
import type { RunFlags } from "../commands/epoch.ts";
import type { Context } from "../context.ts";
import type { ChainFlags } from "../session.ts";
import {
  chainOptions,
  notifyOption,
  otherPolicyOptions,
  sendOptions,
  trustedBlockOption,
} from "./options.ts";

/** Adds `epoch run` and `epoch status`. */
export function register(program: Command, context: Context): void {
  const epoch = program.command("epoch").description("compute and post an epoch's rewards");

  notifyOption(otherPolicyOptions(trustedBlockOption(sendOptions(epoch.command("run")))))
    .description("show what an epoch pays; with --post, store its artifact and post its root")
    .option("--epoch <number>", "which epoch (default: the next one that is due)")
    .option(
      "--post",
      "post the root: without it or --safe nothing but the chain's logs is stored, and nothing sent",
    )
    .addOption(
      new Option(
        "--safe <file>",
        "store the artifact, and write the post for a Safe's Transaction Builder instead of sending it",
      ).conflicts("post"),
    )
    .addOption(
      new Option(
        "--repeat",
        "for an epoch that cannot be computed, as the leaves before it were withheld: the root before it again",
      ).conflicts("trustedBlock"),
    )
    .option("--safe-address <address>", "the Safe; it must be the distributor's publisher")
    .option("--distribute", "with --network: also pay what is set, to everybody who can be paid")
    .option(
      "--skip-unset",
      "with --network: set it although an earlier epoch's rewards, which are not set, are lost by it",
    )
    .option(
      "--require-attestations <count>",
      "with --network: set nothing before so many auditors have signed",
    )
    .option(
      "--auditors <file>",
      "with --require-attestations: JSON list of the addresses whose signatures count",
    )
    .option(
      "--attestations <file...>",
      "with --require-attestations: what they signed, by `provender attest --sign`",
    )
    .action(async (flags: RunFlags) => (await import("../commands/epoch.ts")).run(context, flags));

  chainOptions(epoch.command("status"))
    .description("show what is due, what is pending, and how long the funds last")
    .action(async (flags: ChainFlags) => (await import("../commands/epoch.ts")).status(context, flags));
}
