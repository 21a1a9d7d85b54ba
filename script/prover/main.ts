// SPDX-License-Identifier: AGPL-3.0-only
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { pino } from "pino";
import manifest from "../../package.json" with { type: "json" };
import { iProofMarketAbi, iProverRegistryAbi } from "../../service/chain/abi.ts";
import { asAddress } from "../../service/cli/config.ts";
import type { Context } from "../../service/cli/context.ts";
import { describe, UsageError } from "../../service/cli/errors.ts";
import { EXIT } from "../../service/cli/exit.ts";
import { askSecret } from "../../service/cli/prompt.ts";
import { type ChainFlags, openSession, type Session } from "../../service/cli/session.ts";
import { openSigner, type SignerFlags } from "../../service/cli/signing.ts";
import { signerOptions } from "../../service/cli/usage/options.ts";
import type { Address } from "../../service/core/types.ts";
import type { Backend } from "./backends.ts";
import { devzk } from "./devzk.ts";
import { openJournal } from "./journal.ts";
import { marketOf } from "./market.ts";
import { proverNode, type Report, runUntil } from "./node.ts";
import { type CostFlags, costRule, intervalOf } from "./options.ts";
import { readyProofs } from "./ready-proofs.ts";
import { requestFeed } from "./requests.ts";

interface Flags extends ChainFlags, SignerFlags, CostFlags {
  readonly prover?: string;
  readonly proofs?: string;
  readonly fetchInputs?: boolean;
  readonly every: string;
}

const onTerminal = process.stdin.isTTY && process.stderr.isTTY;
const context: Context = {
  env: process.env,
  cwd: process.cwd(),
  version: manifest.version,
  out: (text) => process.stdout.write(text),
  note: (line) => process.stderr.write(`${line}\n`),
  askSecret: onTerminal ? (question) => askSecret(question, process.stdin, process.stderr) : undefined,
  exit: (code) => {
    process.exitCode = code;
  },
};

const command = signerOptions(new Command("npm run prover --"))
  .description(
    "A development prover node: bids for requests by what zk proofs cost it, reveals, proves with the development zkVM, and fulfils. Writes one line of JSON for each event to stdout.",
  )
  .option("--rpc <url,...>", "RPC endpoint, or several that must agree (PROVENDER_RPC_URL)")
  .option("--distributor <address>", "the distributor, which names the market (PROVENDER_DISTRIBUTOR)")
  .option("--deployment <file>", "deployment record that names the distributor (PROVENDER_DEPLOYMENT)")
  .option("--chain-id <id>", "refuse an endpoint of another chain (PROVENDER_CHAIN_ID)")
  .option("--data-dir <directory>", "where bids are kept until they are over (PROVENDER_DATA_DIR)")
  .option("--prover <address>", "whom to act for, if the key is a submitter's")
  .option("--cost <tokens>", "what a zk proof costs, for programs without a cost of their own")
  .option("--cost-of <programKey=tokens...>", "what a zk proof of one program costs; may be given repeatedly")
  .option("--load-bps <bps>", "how much dearer each job in hand makes the next", "0")
  .option("--proofs <folder>", "zk proofs that are ready, one a JSON file, to fulfil with as they are")
  .option("--fetch-inputs", "also fetch inputs over HTTP from wherever requesters say")
  .option("--every <seconds>", "how often to look at the chain", "2")
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage));

async function main(): Promise<void> {
  const flags = command.parse().opts<Flags>();
  const [costs, everyMs] = [costRule(flags), intervalOf(flags.every)];
  const session = await openSession(context, flags);
  const { chain, system, config } = session;
  const signer = await openSigner(context, chain, flags);
  const prover =
    flags.prover === undefined ? signer.address : asAddress({ text: flags.prover, source: "--prover" });
  await requireConsent(session, prover, signer.address);

  const report = reporter(prover);
  const market = marketOf(chain, system, signer, { prover, log: (line) => report("transaction", { line }) });
  const journal = await openJournal(join(config.dataDir, "bids", `${system.market}-${prover}`));
  const newRequests = requestFeed(chain.client, system);
  const backends = backendsOf(flags);
  report("started", { market: system.market, signer: signer.address });
  const node = await proverNode({ market, newRequests, journal, backends, costs, report });

  const ending = new AbortController();
  const end = () => ending.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  await runUntil(node, { everyMs, signal: ending.signal, report });
  report("stopped");
}

function backendsOf({ proofs, fetchInputs = false }: Flags): Backend[] {
  if (proofs !== undefined && !existsSync(proofs)) {
    throw new UsageError(`--proofs: there is no folder ${proofs}`, "give a folder of zk proofs");
  }
  return [...(proofs === undefined ? [] : [readyProofs(proofs)]), devzk(fetchInputs)];
}

async function requireConsent({ chain, system }: Session, prover: Address, signer: Address): Promise<void> {
  const { state } = await chain.client.readContract({
    address: system.registry,
    abi: iProverRegistryAbi,
    functionName: "proverRecord",
    args: [prover],
  });
  if (state === 0) {
    throw new UsageError(`${prover} is not a registered prover`, "register first, with a stake of its own");
  }
  if (prover === signer) return;
  const [approved, accepted] = await chain.client.readContract({
    address: system.market,
    abi: iProofMarketAbi,
    functionName: "submitterOf",
    args: [prover, signer],
  });
  if (!approved || !accepted) {
    throw new UsageError(
      `${signer} is not a submitter of ${prover}`,
      approved ? "call acceptProver from the submitter" : "call approveSubmitter from the prover",
    );
  }
}

/** Written before the next line of code runs, so that a killed node has said all that it did. */
function reporter(prover: Address): Report {
  const logger = pino(
    { base: { prover }, messageKey: "event", timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 1, sync: true }),
  );
  return (event, fields = {}) => {
    const shown = Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === "bigint" ? String(value) : value,
    ]);
    logger.info(Object.fromEntries(shown), event);
  };
}

let code = 0;
try {
  await main();
} catch (error) {
  const { exitCode, message, hint } = describe(error);
  context.note(`error: ${message}${hint === undefined ? "" : `; ${hint}`}`);
  code = exitCode;
}
// The threads that prove would keep the process alive.
process.exit(code);
