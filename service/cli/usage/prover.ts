// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { RunFlags } from "../commands/prover-run.ts";
import type { Context } from "../context.ts";
import { chainOptions, signerOptions } from "./options.ts";

export function register(program: Command, context: Context): void {
  const prover = program.command("prover").description("a prover's own work: its node, its stake, its terms");

  signerOptions(chainOptions(prover.command("run")))
    .description(
      "run a prover's node: bids for requests by what zk proofs cost, reveals, has a backend prove, and hands in; one line an event on stdout",
    )
    .option("--prover <address>", "whom to act for, if the key is a submitter's")
    .option(
      "--backend <command>",
      "makes zk proofs: one JSON question on its stdin, one JSON answer on its stdout",
    )
    .option(
      "--backend-url <url>",
      "the same by HTTP: the question is the body of a POST, the answer that of the response",
    )
    .option("--proofs <folder>", "zk proofs that are ready, one a JSON file, to hand in as they are")
    .option("--costs <file>", "what zk proofs cost by program, reserve price and load, in JSON")
    .option("--cost <tokens>", "what a zk proof costs, for programs without a cost of their own")
    .option(
      "--cost-of <programKey=tokens...>",
      "what a zk proof of one program costs; may be given repeatedly",
    )
    .option("--reserve <tokens>", "never bid less")
    .option("--load-bps <bps>", "how much dearer each job in hand makes the next (default: 0)")
    .option("--max-open <count>", "the most bids and assignments at a time", "100")
    .option("--parallel <count>", "how many zk proofs are made at a time", "1")
    .option("--prove-timeout <seconds>", "give an attempt to prove up after so long, and start anew", "1800")
    .option("--submit-rpc <url>", "send transactions here, such as to a private relay, and nowhere else")
    .option("--dry-run", "say what would be bid, and send nothing")
    .option("--every <seconds>", "how often to look at the chain", "2")
    .action(async (flags: RunFlags) => (await import("../commands/prover-run.ts")).run(context, flags));
}
