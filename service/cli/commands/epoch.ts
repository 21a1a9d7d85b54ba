// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import { runEpoch } from "../../epoch/run.ts";
import { readStatus } from "../../epoch/status.ts";
import { asEpoch } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { epochRunJson, epochRunText } from "../epoch-report.ts";
import { type ChainFlags, chainOptions, openSession } from "../session.ts";
import { openSigner, type SignerFlags, signerOptions } from "../signing.ts";
import { statusJson, statusText } from "../status-report.ts";

interface RunFlags extends ChainFlags, SignerFlags {
  readonly epoch?: string;
  readonly post?: true;
}

export function register(program: Command, context: Context): void {
  const epoch = program.command("epoch").description("compute and post an epoch's rewards");

  signerOptions(chainOptions(epoch.command("run")))
    .description("show what an epoch pays; with --post, store its artifact and post its root")
    .option("--epoch <number>", "which epoch (the next one that is due, if not given)")
    .option("--post", "post the root: without it nothing is written or sent")
    .action((flags: RunFlags) => run(context, flags));

  chainOptions(epoch.command("status"))
    .description("show what is due, what is pending, and how long the funds last")
    .action((flags: ChainFlags) => status(context, flags));
}

async function run(context: Context, flags: RunFlags): Promise<void> {
  const { epoch: wanted, post, json } = flags;
  const epoch = wanted === undefined ? undefined : asEpoch(wanted);
  const { chain, system, store } = await openSession(context, flags);
  const signer = post ? await openSigner(context, chain, flags) : undefined;
  const run = await runEpoch({
    chain,
    system,
    store,
    epoch,
    signer,
    version: context.version,
    log: context.note,
  });
  if (json) printJson(context, epochRunJson(run, system));
  else context.out(epochRunText(run, system));
}

async function status(context: Context, flags: ChainFlags): Promise<void> {
  const { chain, system } = await openSession(context, flags);
  const current = await readStatus(chain.client, system);
  if (flags.json) printJson(context, statusJson(current, system));
  else context.out(statusText(current, system));
}
