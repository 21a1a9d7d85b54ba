// SPDX-License-Identifier: AGPL-3.0-only
import { Command, CommanderError } from "commander";
import { SPEC_VERSION } from "../core/spec-version.ts";
import type { Context } from "./context.ts";
import { EXIT } from "./exit.ts";
import { printable } from "./printable.ts";
import { register as registerAdmin } from "./usage/admin.ts";
import { register as registerArtifacts } from "./usage/artifacts.ts";
import { register as registerAttest } from "./usage/attest.ts";
import { register as registerAudit } from "./usage/audit.ts";
import { register as registerClaim } from "./usage/claim.ts";
import { answerShells, isCompletion, register as registerComplete } from "./usage/complete.ts";
import { register as registerConfig } from "./usage/config.ts";
import { register as registerDeploy } from "./usage/deploy.ts";
import { register as registerDoctor } from "./usage/doctor.ts";
import { register as registerEpoch } from "./usage/epoch.ts";
import { completeHelp } from "./usage/examples.ts";
import { register as registerPolicy } from "./usage/policy.ts";
import { register as registerProof } from "./usage/proof.ts";
import { register as registerProver } from "./usage/prover.ts";
import { register as registerProvers } from "./usage/provers.ts";
import { register as registerRelay } from "./usage/relay.ts";
import { register as registerRequesters } from "./usage/requesters.ts";
import { register as registerRequests } from "./usage/requests.ts";
import { register as registerServe } from "./usage/serve.ts";
import { register as registerStaking } from "./usage/staking.ts";
import { register as registerSync } from "./usage/sync.ts";
import { register as registerVeto } from "./usage/veto.ts";

/** Each adds the flags of a command, whose code is imported when it runs. A new one is a file and a line here. */
const COMMANDS = [
  registerDeploy,
  registerEpoch,
  registerAudit,
  registerAttest,
  registerVeto,
  registerRelay,
  registerPolicy,
  registerRequesters,
  registerProvers,
  registerProof,
  registerProver,
  registerRequests,
  registerStaking,
  registerClaim,
  registerSync,
  registerServe,
  registerArtifacts,
  registerAdmin,
  registerDoctor,
  registerConfig,
];

/** Runs one command line, without the interpreter and the script, and gives the exit code. */
export async function runCli(args: readonly string[], process: Omit<Context, "exit">): Promise<number> {
  let exitCode = 0;
  const context: Context = {
    ...process,
    out: (text) => process.out(printable(text)),
    note: (line) => process.note(printable(line)),
    exit: (code) => {
      exitCode = code;
    },
  };
  const program = commandsFor(context);
  if (isCompletion(args)) await answerShells(program);
  else registerComplete(program);
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    const tell = args.includes("--json") ? tellJson : tellText;
    return error instanceof CommanderError ? misused(error, context, tell) : failed(error, context, tell);
  }
  return exitCode;
}

/** Every command with its flags: what runs them, and what goes through them, takes them from here. */
export function commandsFor(context: Context): Command {
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
  completeHelp(program);
  return program;
}

interface Told {
  readonly message: string;
  readonly hint: string | undefined;
  readonly exitCode: number;
}

type Tell = (context: Context, told: Told) => void;

const tellText: Tell = ({ note }, { message, hint }) =>
  note(hint === undefined ? `error: ${message}` : `error: ${message}; ${hint}`);
/** For whoever reads results as JSON: beside them, on one line. */
const tellJson: Tell = ({ note }, error) => note(JSON.stringify({ error }));

/** What is not a command line of ours, or one that asks for help only. */
function misused({ code, exitCode, message }: CommanderError, context: Context, tell: Tell): number {
  if (exitCode === 0) return EXIT.ok;
  if (code !== "commander.help") {
    const what = message.replace(/^error: /, "").replaceAll("\n", " ");
    tell(context, { message: what, hint: "see --help", exitCode: EXIT.usage });
  }
  return EXIT.usage;
}

async function failed(error: unknown, context: Context, tell: Tell): Promise<number> {
  const [{ describe }, { asChainError }] = await Promise.all([
    import("./errors.ts"),
    import("../chain/errors.ts"),
  ]);
  const { exitCode, message, hint } = describe(error);
  tell(context, { message, hint, exitCode });
  const { env, note } = context;
  // The library's own errors show the endpoint's URL, which may hold a key.
  if (env.PROVENDER_DEBUG) note(String((asChainError(error) as Error).stack));
  return exitCode;
}
