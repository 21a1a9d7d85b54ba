// SPDX-License-Identifier: AGPL-3.0-only
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { iProofMarketAbi, iProverRegistryAbi } from "../../chain/abi.ts";
import { connect } from "../../chain/client.ts";
import type { Signer } from "../../chain/signer.ts";
import { initKeccak } from "../../core/keccak.ts";
import type { Address } from "../../core/types.ts";
import { externalBackend } from "../../prover/answer.ts";
import { askCommand } from "../../prover/backend-command.ts";
import { askUrl } from "../../prover/backend-url.ts";
import { type Backend, together } from "../../prover/backends.ts";
import { openJournal } from "../../prover/journal.ts";
import { marketOf } from "../../prover/market.ts";
import { proverNode, type Report, runUntil } from "../../prover/node.ts";
import { readyProofs } from "../../prover/ready-proofs.ts";
import { requestFeed } from "../../prover/requests.ts";
import { asAddress, isHttpUrl } from "../config.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { amount } from "../format.ts";
import { whenReachable } from "../patient.ts";
import { oneLine } from "../printable.ts";
import { type CostFlags, costRule } from "../prover-costs.ts";
import { type ChainFlags, openSession, type Session } from "../session.ts";
import { openSigner, type SignerFlags } from "../signing.ts";

export interface RunFlags extends ChainFlags, SignerFlags, CostFlags {
  readonly prover?: string;
  readonly backend?: string;
  readonly backendUrl?: string;
  readonly proofs?: string;
  readonly submitRpc?: string;
  readonly dryRun?: true;
  readonly maxOpen: string;
  readonly parallel: string;
  readonly proveTimeout: string;
  readonly every: string;
}

const MAX_OPEN = 1_000;
const MAX_PARALLEL = 64;
const MAX_TIMEOUT = 604_800;

/**
 * Runs the prover's node until a signal ends it; an event is a line.
 * @throws UsageError for costs, a backend or flags that are none; and where prover and submitter have not agreed
 */
export async function run(context: Context, flags: RunFlags): Promise<void> {
  const costs = costRule(context, flags);
  const everyMs = intervalOf(flags.every);
  const limits = {
    maxOpen: asCount(flags.maxOpen, "--max-open", MAX_OPEN),
    parallel: asCount(flags.parallel, "--parallel", MAX_PARALLEL),
    proveSeconds: asCount(flags.proveTimeout, "--prove-timeout", MAX_TIMEOUT),
  };
  await initKeccak();
  const backend = backendOf(context, flags);
  const dryRun = flags.dryRun === true;
  const session = await whenReachable(context, () => openSession(context, flags));
  const { chain, system, config } = session;
  const named =
    flags.prover === undefined ? undefined : asAddress({ text: flags.prover, source: "--prover" });
  const signer = dryRun && named !== undefined ? undefined : await signerOf(context, session, flags);
  const prover = named ?? (signer as Signer).address;
  await whenReachable(context, () => requireConsent(session, prover, signer?.address ?? prover));

  const report = reporter(context, flags, prover);
  const market = marketOf(chain, system, signer, { prover, log: (line) => report("transaction", { line }) });
  const journal = await openJournal(join(config.dataDir, "bids", `${system.market}-${prover}`));
  const newRequests = requestFeed(chain.client, system);
  report("started", { market: system.market, ...(signer && { signer: signer.address }), dryRun });
  const node = await proverNode({ market, newRequests, journal, backend, costs, limits, dryRun, report });

  const ending = new AbortController();
  const end = () => ending.abort();
  process.once("SIGINT", end).once("SIGTERM", end);
  try {
    await runUntil(node, { everyMs, signal: ending.signal, report });
  } finally {
    process.off("SIGINT", end).off("SIGTERM", end);
  }
  report("stopped");
}

/** Signs as flags say; what it sends goes to an endpoint of its own, if one is given. */
async function signerOf(context: Context, { chain }: Session, flags: RunFlags): Promise<Signer> {
  const signer = await openSigner(context, chain, flags);
  const { submitRpc } = flags;
  if (submitRpc === undefined) return signer;
  if (!isHttpUrl(submitRpc)) {
    throw new UsageError("--submit-rpc: not an http or https URL", "such as that of a private relay");
  }
  const { client } = await connect({ rpcUrl: submitRpc, chainId: chain.chainId });
  return {
    ...signer,
    broadcast: async (raw) => {
      await client.sendRawTransaction({ serializedTransaction: raw });
    },
  };
}

function backendOf({ cwd }: Context, { backend, backendUrl, proofs }: RunFlags): Backend {
  // A shell puts nothing in the place of a variable that is not set.
  if (backend?.trim() === "")
    throw new UsageError("--backend: no command", "give the one that makes zk proofs");
  if (backend !== undefined && backendUrl !== undefined) {
    throw new UsageError("--backend and --backend-url both name a backend", "give one of them");
  }
  if (backendUrl !== undefined && !isHttpUrl(backendUrl)) {
    throw new UsageError("--backend-url: not an http or https URL", "such as http://127.0.0.1:3000/prove");
  }
  const folder = proofs === undefined ? undefined : resolve(cwd, proofs);
  if (folder !== undefined && !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`--proofs: there is no folder ${folder}`, "give a folder of zk proofs");
  }
  const backends = [
    ...(folder === undefined ? [] : [readyProofs(folder)]),
    ...(backend === undefined ? [] : [externalBackend(askCommand(backend))]),
    ...(backendUrl === undefined ? [] : [externalBackend(askUrl(backendUrl))]),
  ];
  if (backends.length > 0) return together(backends);
  throw new UsageError(
    "what makes the zk proofs is missing",
    "give --backend COMMAND, --backend-url URL or --proofs FOLDER",
  );
}

async function requireConsent({ chain, system }: Session, prover: Address, signer: Address): Promise<void> {
  const { state } = await chain.client.readContract({
    address: system.registry,
    abi: iProverRegistryAbi,
    functionName: "proverRecord",
    args: [prover],
  });
  if (state === 0) {
    throw new UsageError(
      `${prover} is not a registered prover`,
      "register first with `provender prover register`, or name one with --prover",
    );
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
      approved
        ? "accept with `provender prover submitter --accept PROVER` from the submitter's account"
        : "approve it with `provender prover submitter ADDRESS` from the prover's account",
    );
  }
}

/** One line an event, written before the next line of code runs: a killed node has said all that it did. */
function reporter({ out }: Context, { json }: RunFlags, prover: Address): Report {
  return (event, fields = {}) => {
    const time = new Date().toISOString();
    const plain = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        typeof value === "bigint" ? String(value) : value,
      ]),
    );
    out(
      json
        ? `${JSON.stringify({ time, prover, event, ...plain })}\n`
        : `${time} ${oneLine(lineOf(event, fields))}\n`,
    );
  };
}

const AMOUNTS = ["fee", "price", "maxFee", "lock"];

function lineOf(event: string, { request, ...fields }: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(fields).map(([name, value]) => {
    if (typeof value !== "bigint") return `${name} ${value}`;
    return `${name} ${AMOUNTS.includes(name) ? amount(value) : value}`;
  });
  return [event, ...(request === undefined ? [] : [request]), parts.join(", ")].join(" ");
}

function asCount(text: string, flag: string, most: number): number {
  if (/^[1-9]\d{0,6}$/.test(text) && Number(text) <= most) return Number(text);
  throw new UsageError(`${flag}: not a number from 1 to ${most}: ${text}`, "write it in digits");
}

/** How often to look at the chain, in milliseconds, from seconds as text. @throws UsageError if not from 0.05 to 3600 */
export function intervalOf(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,4}(\.\d{1,3})?$/.test(text) && seconds >= 0.05 && seconds <= 3_600) return seconds * 1_000;
  throw new UsageError(`--every: not a number of seconds from 0.05 to 3600: ${text}`, "write it in digits");
}
