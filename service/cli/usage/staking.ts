// SPDX-License-Identifier: AGPL-3.0-only
import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { DepositFlags } from "../deposit.ts";
import type { ChainFlags } from "../session.ts";
import type { SignerFlags } from "../signing.ts";
import type { SendFlags } from "../transactions.ts";
import { chainOptions, permitOptions, sendOptions, signerOptions, weiOption } from "./options.ts";

/** A staker's commands. */
export function register(program: Command, context: Context): void {
  const staking = () => import("../commands/staking.ts");
  const WHOSE = "a prover's address, or its vault's";

  permitOptions(weiOption(sendOptions(program.command("stake"))))
    .description("deposit in a prover's vault, for shares of it")
    .argument("<vault or prover>", WHOSE)
    .argument("<amount>", "in tokens")
    .action(async (whose: string, amount: string, flags: DepositFlags) =>
      (await staking()).stake(context, whose, amount, flags),
    );

  weiOption(sendOptions(program.command("exit")))
    .description("ask for an exit from a prover's vault; it is due after the unbonding delay")
    .argument("<vault or prover>", WHOSE)
    .argument("<amount>", "in tokens, or all")
    .action(async (whose: string, amount: string, flags: SendFlags) =>
      (await staking()).exit(context, whose, amount, flags),
    );

  signerOptions(chainOptions(program.command("exits")))
    .description("show an account's exits, what they are worth and when they are due")
    .argument("[address]", "default: the signer")
    .action(async (address: string | undefined, flags: ChainFlags & SignerFlags) =>
      (await staking()).exits(context, address, flags),
    );

  sendOptions(program.command("redeem"))
    .description("take out what is due of an account's exits")
    .argument("[vault or prover]", `${WHOSE}; default: all`)
    .action(async (whose: string | undefined, flags: SendFlags) =>
      (await staking()).redeem(context, whose, flags),
    );

  signerOptions(chainOptions(program.command("positions")))
    .description("show what an account has in which vault, its gain, and what could be slashed")
    .argument("[address]", "default: the signer")
    .action(async (address: string | undefined, flags: ChainFlags & SignerFlags) =>
      (await staking()).positions(context, address, flags),
    );
}
