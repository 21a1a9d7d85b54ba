// SPDX-License-Identifier: AGPL-3.0-only
import { type Command, Option } from "commander";

export const DEFAULT_DEPLOYMENT = ".provender/deployment.json";
/** Stands for the epoch in the place of an artifact. */
export const EPOCH_PLACEHOLDER = "{epoch}";
/** Seconds between two looks at the chain, unless told otherwise: of an audit and of the worker, and of sync. */
export const LOOK_EVERY = 15;
export const SYNC_EVERY = 5;

/** The flags of every command that reads the chain. */
export function chainOptions(command: Command): Command {
  return command
    .option("--rpc <url,...>", "RPC endpoint, or several that must agree (PROVENDER_RPC_URL)", together)
    .addOption(new Option("--rpc-url <url>", "the same as --rpc").argParser(together).hideHelp())
    .option("--agreement <count>", "how many of them must; default: more than half (PROVENDER_AGREEMENT)")
    .option("--distributor <address>", "the distributor (PROVENDER_DISTRIBUTOR)")
    .option(
      "--deployment <file>",
      `deployment record that names the distributor; default: ${DEFAULT_DEPLOYMENT} (PROVENDER_DEPLOYMENT)`,
    )
    .option(
      "--network <name>",
      "whose contracts: provender, or provernet; default: provender (PROVENDER_NETWORK)",
    )
    .option("--network-config <file>", "where another network's contracts are (PROVENDER_NETWORK_CONFIG)")
    .option("--chain-id <id>", "refuse an endpoint of another chain (PROVENDER_CHAIN_ID)")
    .option(
      "--data-dir <directory>",
      "where artifacts and the job's state are kept; default: .provender/data (PROVENDER_DATA_DIR)",
    )
    .option(
      "--store <s3://bucket/prefix>",
      "object store for artifacts, for several machines (PROVENDER_STORE)",
    )
    .option("--json", "print the result as JSON");
}

/** A flag that may be given several times, for several of what it names. */
function together(value: string, before: string | undefined): string {
  return before === undefined ? value : `${before},${value}`;
}

/** The flags of every command that signs. */
export function signerOptions(command: Command): Command {
  return command
    .option("--account <name>", "sign with a keystore of `cast wallet import` (PROVENDER_ACCOUNT)")
    .option(
      "--keystore-dir <directory>",
      "where --account is; default: ~/.foundry/keystores (PROVENDER_KEYSTORE_DIR)",
    )
    .option("--keystore <file>", "sign with the keystore in a file (PROVENDER_KEYSTORE)")
    .option(
      "--password-file <file>",
      "the keystore's password (PROVENDER_PASSWORD_FILE); asked for on a terminal",
    )
    .option(
      "--signer-url <url>",
      "have a signer sign that keeps the key: clef, Web3Signer or alike (PROVENDER_SIGNER_URL)",
    )
    .option("--from <address>", "whose key it must be; alone, an account that the local node has unlocked")
    .option(
      "--max-fee <gwei>",
      "the most to pay for a unit of gas, replacements of stuck transactions included; default: 500 (PROVENDER_MAX_FEE)",
    );
}

/** The flag of every command that sends. */
export function dryRunOption(command: Command): Command {
  return command.option("--dry-run", "say what would happen, and send nothing");
}

/** The flags of a command that reads the chain, and sends. */
export function sendOptions(command: Command): Command {
  return dryRunOption(signerOptions(chainOptions(command)));
}

/** For commands that take amounts, in tokens otherwise. */
export function weiOption(command: Command): Command {
  return command.option("--wei", "amounts are in wei, not in tokens");
}

/** For commands that put tokens into a vault. */
export function permitOptions(command: Command): Command {
  return command
    .option("--no-permit", "approve and deposit in two transactions, also where a permit would do")
    .option("--router <address>", "the deposit router, if the deployment record does not name it");
}

/** For commands that audit. */
export function auditOptions(command: Command): Command {
  return trustedBlockOption(chainOptions(command))
    .option(
      "--artifact <file or URL>",
      `the published artifact, to name the first prover that differs; ${EPOCH_PLACEHOLDER} stands for the epoch`,
    )
    .option(
      "--from-artifact <file or URL>",
      "continue from the artifact of the epoch before, instead of from epoch 0",
    );
}

/** What another network's contracts do not hold. */
export function otherPolicyOptions(command: Command): Command {
  return command
    .option("--policy <file>", "with --network: the policy, which that network's contracts do not hold")
    .option("--budget <wei>", "with --network: what the epoch offers (default: the most that it may pay)")
    .addOption(
      new Option(
        "--output <kind>",
        "with --network: what its provers are paid by, EpochRewards or a distributor beside it",
      ).choices(["epoch-rewards", "distributor"]),
    );
}

/** For commands that can do without an endpoint's word. */
export function trustedBlockOption(command: Command): Command {
  return command.option(
    "--trusted-block <block>",
    "take no endpoint's word: prove all state against this block's HASH or NUMBER:HASH, or the one in @FILE",
  );
}

/** For commands that audit each pending root. */
export function watchOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--watch", "audit each pending root as it appears, until stopped").conflicts([
        "epoch",
        "fromArtifact",
        "report",
        "bundle",
        "fromBundle",
      ]),
    )
    .option("--every <seconds>", `how often --watch looks at the chain (default: ${LOOK_EVERY})`);
}

/** For commands that run without anybody looking. */
export function notifyOption(command: Command): Command {
  return command.option(
    "--notify <url>",
    "tell this URL, in JSON signed with PROVENDER_NOTIFY_SECRET, of what somebody has to know",
  );
}

/** For the worker. */
export function workOptions(command: Command): Command {
  return command
    .option("--job", "post each epoch that has ended, and end requests whose time is over")
    .option("--claim", "pay every prover once a root is active")
    .option(
      "--cron <expression>",
      "from which moments on --job posts what has ended by then, in UTC (default: at once)",
    )
    .option("--every <seconds>", `how often --job and --claim look at the chain (default: ${LOOK_EVERY})`);
}
