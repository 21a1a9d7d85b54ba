// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { ArtifactsFlags, PublishFlags } from "../commands/artifacts.ts";
import type { Context } from "../context.ts";

/** Adds `artifacts publish` and `artifacts verify`. */
export function register(program: Command, context: Context): void {
  const artifacts = program
    .command("artifacts")
    .description("copy and check artifacts, their trees and audit bundles");
  storeOptions(artifacts.command("publish"))
    .description("copy what is in the data directory, and bundles given by file, into the object store")
    .argument("[bundles...]", "files of `provender audit --bundle`, to be put under their hashes")
    .option(
      "--from <s3://bucket/prefix>",
      "copy from this object store, into --store or else the data directory",
    )
    .action(async (bundles: string[], flags: PublishFlags) =>
      (await import("../commands/artifacts.ts")).publish(context, bundles, flags),
    );
  storeOptions(artifacts.command("verify"))
    .description(
      "read all of the object store, or of the data directory, and say what is not what it is called",
    )
    .action(async (flags: ArtifactsFlags) =>
      (await import("../commands/artifacts.ts")).verify(context, flags),
    );
}

function storeOptions(command: Command): Command {
  return command
    .option("--store <s3://bucket/prefix>", "the object store (PROVENDER_STORE)")
    .option("--data-dir <directory>", "the data directory (PROVENDER_DATA_DIR)")
    .option("--json", "print the result as JSON");
}
