// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { CommissionFlags, RegisterFlags, SubmitterFlags } from "../commands/prover.ts";
import type { RunFlags } from "../commands/prover-run.ts";
import type { Context } from "../context.ts";
import type { DepositFlags } from "../deposit.ts";
import type { ChainFlags } from "../session.ts";
import type { SignerFlags } from "../signing.ts";
import type { SendFlags } from "../transactions.ts";
import { chainOptions, permitOptions, sendOptions, signerOptions, weiOption } from "./options.ts";

/** Adds `prover` with the commands of a prover: its node, its stake, its terms. */
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
    .option("--load <percent>", "how much dearer each job in hand makes the next, such as 5% (default: 0)")
    .option("--max-open <count>", "the most bids and assignments at a time", "100")
    .option("--parallel <count>", "how many zk proofs are made at a time", "1")
    .option("--prove-timeout <seconds>", "give an attempt to prove up after so long, and start anew", "1800")
    .option("--submit-rpc <url>", "send transactions here, such as to a private relay, and nowhere else")
    .option("--dry-run", "say what would be bid, and send nothing")
    .option("--every <seconds>", "how often to look at the chain", "2")
    .action(async (flags: RunFlags) => (await import("../commands/prover-run.ts")).run(context, flags));

  const actions = () => import("../commands/prover.ts");
  weiOption(sendOptions(prover.command("register")))
    .description("become a prover: a vault of its own, with a stake of its own")
    .requiredOption("--stake <tokens>", "its own stake")
    .requiredOption("--commission <percent>", "what it keeps of what its vault earns, such as 10%")
    .option("--payout <address>", "where commission is paid (default: the prover)")
    .action(async (flags: RegisterFlags) => (await actions()).register(context, flags));

  signerOptions(chainOptions(prover.command("status")))
    .description(
      "show a prover's state, stake, collateral, open requests, terms, what it is owed, and what to do next",
    )
    .argument("[prover]", "its address, or its vault's; default: the signer")
    .action(async (text: string | undefined, flags: ChainFlags & SignerFlags) =>
      (await import("../commands/prover-status.ts")).status(context, text, flags),
    );

  sendOptions(prover.command("set-commission"))
    .description(
      "set what the prover keeps of what its vault earns; an increase is announced, a decrease is at once",
    )
    .argument("<percent>", "such as 10% or 12.5%")
    .option("--for <source>", "fees or rewards, to set that one alone (default: both)")
    .action(async (text: string, flags: CommissionFlags) =>
      (await actions()).setCommission(context, text, flags),
    );

  sendOptions(prover.command("set-payout"))
    .description("set where commission is paid")
    .argument("<address>", "who receives it")
    .action(async (text: string, flags: SendFlags) => (await actions()).setPayout(context, text, flags));

  sendOptions(prover.command("submitter"))
    .description("let another account bid, reveal and hand in for the prover: both have to agree")
    .argument("<address>", "the submitter's; with --accept, the prover's")
    .option("--revoke", "let it no more")
    .option("--accept", "as the submitter: act for this prover")
    .action(async (text: string, flags: SubmitterFlags) => (await actions()).submitter(context, text, flags));

  permitOptions(weiOption(sendOptions(prover.command("top-up"))))
    .description("add to the prover's own stake")
    .argument("<amount>", "in tokens")
    .action(async (text: string, flags: DepositFlags) => (await actions()).topUp(context, text, flags));

  sendOptions(prover.command("deactivate"))
    .description("stop taking work and deposits, so that the prover's own stake may leave")
    .action(async (flags: SendFlags) => (await actions()).deactivate(context, flags));

  weiOption(sendOptions(prover.command("activate")))
    .description("take work again, with as much stake as is missing")
    .argument("[amount]", "in tokens; default: what is missing of the minimum")
    .action(async (text: string | undefined, flags: SendFlags) =>
      (await actions()).activate(context, text, flags),
    );

  sendOptions(prover.command("claim-commission"))
    .description("pay the commission that is owed to the prover's payout address; anybody may send this")
    .argument("[prover]", "default: the signer")
    .action(async (text: string | undefined, flags: SendFlags) =>
      (await actions()).claimCommission(context, text, flags),
    );
}
