// SPDX-License-Identifier: AGPL-3.0-only
import { Command } from "commander";
import { asChainError } from "../chain/errors.ts";
import { SPEC_VERSION } from "../core/artifact.ts";
import { register as registerAttest } from "./commands/attest.ts";
import { register as registerAudit } from "./commands/audit.ts";
import { register as registerClaim } from "./commands/claim.ts";
import { register as registerDeploy } from "./commands/deploy.ts";
import { register as registerDoctor } from "./commands/doctor.ts";
import { register as registerEpoch } from "./commands/epoch.ts";
import { register as registerPolicy } from "./commands/policy.ts";
import { register as registerProof } from "./commands/proof.ts";
import { register as registerRelay } from "./commands/relay.ts";
import { register as registerServe } from "./commands/serve.ts";
import { register as registerSync } from "./commands/sync.ts";
import type { Context } from "./context.ts";
import { describe } from "./errors.ts";

/** Each command's file adds it; a new one is a file and a line here. */
const COMMANDS = [
  registerDeploy,
  registerEpoch,
  registerAudit,
  registerAttest,
  registerRelay,
  registerPolicy,
  registerProof,
  registerClaim,
  registerSync,
  registerServe,
  registerDoctor,
];

/** Runs one command line, without the interpreter and the script, and gives the exit code. */
export async function runCli(args: readonly string[], process: Omit<Context, "exit">): Promise<number> {
  let exitCode = 0;
  const context: Context = {
    ...process,
    exit: (code) => {
      exitCode = code;
    },
  };
  const program = new Command("provender")
    .description("Staking and epoch rewards for a zero-knowledge prover network")
    .version(`${context.version}, reward spec ${SPEC_VERSION}`)
    .configureOutput({
      writeOut: context.out,
      writeErr: (text) => context.note(text.trimEnd()),
      outputError: () => undefined,
    })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  for (const register of COMMANDS) register(program, context);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    const { exitCode: code, message, hint } = describe(error);
    if (message !== undefined) {
      context.note(hint === undefined ? `error: ${message}` : `error: ${message}; ${hint}`);
      // The library's own errors show the endpoint's URL, which may hold a key.
      if (context.env.PROVENDER_DEBUG) context.note(String((asChainError(error) as Error).stack));
    }
    return code;
  }
  return exitCode;
}
