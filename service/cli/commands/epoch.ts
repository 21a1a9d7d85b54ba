// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress } from "viem";
import { expectRoot } from "../../audit/expected.ts";
import { provenBy } from "../../audit/state-proof/proven-source.ts";
import { postCall } from "../../chain/send.ts";
import type { System } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import { JobError } from "../../epoch/errors.ts";
import type { RunEpochParams } from "../../epoch/post-or-propose.ts";
import { type Repeat, type RootAgain, repeatRoot } from "../../epoch/repeat.ts";
import { type ComputedEpoch, runEpoch } from "../../epoch/run.ts";
import { readStatus } from "../../epoch/status.ts";
import { asAddress, asEpoch } from "../config.ts";
import { type Context, printJson, printJsonList, printParts } from "../context.ts";
import { withDatabase } from "../database.ts";
import {
  epochLines,
  epochOutcome,
  epochRunJson,
  proversJson,
  repeatJson,
  repeatLines,
  repeatOutcome,
} from "../epoch-report.ts";
import { isOtherNetwork } from "../network.ts";
import { type Beside, openBeside } from "../network-beside.ts";
import type { OtherRunFlags } from "../network-run.ts";
import { aboutOf, type NotifyFlags, openNotifier } from "../notify.ts";
import { OF_OTHER_NETWORKS, refuseFlags, refuseWithout } from "../refuse-flags.ts";
import { type SafeFile, writeSafeFile } from "../safe-file.ts";
import { type ChainFlags, openSession, type Session } from "../session.ts";
import { openSigner } from "../signing.ts";
import { statusJson, statusText } from "../status-report.ts";
import { once } from "../transactions.ts";
import { trustedBlockOf } from "../trusted-block.ts";

export interface RunFlags extends OtherRunFlags, NotifyFlags {
  readonly repeat?: true;
  readonly trustedBlock?: string;
}

/**
 * Shows what an epoch pays, and posts it, or proposes it to a Safe, where that is asked for.
 * @throws UsageError for flags of another network; JobError if it is not due, or another root stands; ChainError
 */
export async function run(context: Context, flags: RunFlags): Promise<void> {
  const isBeside = isOtherNetwork(context, flags) && flags.output === "distributor";
  if (isOtherNetwork(context, flags) && !isBeside) {
    refuseFlags(
      flags,
      OURS,
      "Provender's own contracts",
      "leave it out; `audit` takes --trusted-block there",
    );
    return (await import("../network-run.ts")).runOtherNetwork(context, flags);
  }
  if (isBeside) refuseFlags(flags, ["trustedBlock"], "Provender's own contracts", "name several endpoints");
  const theirs = isBeside ? THEIRS : ["output", ...THEIRS];
  refuseFlags(flags, theirs, ...OF_OTHER_NETWORKS);
  refuseWithout(flags, "safe", ["safeAddress"]);
  const { epoch: wanted, post, repeat, safe, json } = flags;
  const multisig = safeAddressOf(flags);
  const epoch = wanted === undefined ? undefined : asEpoch(wanted);
  const beside = isBeside ? await openBeside(context, flags) : undefined;
  const session = beside ?? (await openSession(context, flags));
  const { chain, system, store } = session;
  const notifier = openNotifier(context, flags, { about: aboutOf(system), warn: context.note });
  const signer = post ? await openSigner(context, chain, flags) : undefined;
  const report = await withOpen(session, beside, (open) => {
    const params: RunEpochParams = {
      ...{ chain, system, store, open, epoch, signer },
      proposal: safe === undefined ? undefined : { multisig },
      confirm: confirmation(context, session, flags.trustedBlock),
      dryRun: flags.dryRun,
      version: context.version,
      log: context.note,
    };
    // What is posted is said before; programs read it once all is done.
    const say = (lines: Iterable<string>) => {
      if (!json) printParts(context, lines);
    };
    return repeat ? repeated(params, say) : computed(params, say);
  }).catch(async (error) => {
    if (error instanceof JobError && error.code === "conflict") {
      await notifier?.send({ kind: "mismatch", message: error.message });
    }
    throw error;
  });
  const { run: made } = report;
  if (made.status === "posted") {
    const { epoch: posted, root } = made.toPost;
    const details = { epoch: posted, root };
    await notifier?.send({ kind: "posted", message: `posted the root of epoch ${posted}`, details });
  }
  const file = safe === undefined ? undefined : await propose(context, safe, system, report.run);
  const proposed = file && { safe: file };
  if (!json) {
    context.out(`${report.outcome}\n`);
    if (file !== undefined) context.out(proposalText(file, report.run));
  } else if (report.provers === undefined) printJson(context, { ...report.json, ...proposed });
  else printJsonList(context, { ...report.json, ...proposed }, "provers", report.provers);
}

const THEIRS = [
  "policy",
  "budget",
  "distribute",
  "skipUnset",
  "requireAttestations",
  "auditors",
  "attestations",
];
const OURS = ["repeat", "trustedBlock", "notify"];

/** The database of a distributor by itself, or of one beside another network. */
function withOpen<T>(
  session: Session,
  beside: Beside | undefined,
  action: (open: RunEpochParams["open"]) => Promise<T>,
): Promise<T> {
  return beside === undefined ? withDatabase(session, action) : action(beside.open).finally(beside.close);
}

/** The auditor's own computation, which believes nobody, has to come to the same. */
function confirmation(
  context: Context,
  { chain: { client }, system: { distributor } }: Session,
  text: string | undefined,
): RunEpochParams["confirm"] {
  if (text === undefined) return undefined;
  const trusted = trustedBlockOf(context, text);
  return async ({ epoch, root, total, datasetHash, snapshot }) => {
    const source = provenBy(client, trusted);
    const { number: snapshotBlock } = snapshot;
    const expected = await expectRoot({ client, source, distributor, epoch, snapshotBlock });
    const same = expected.root === root && expected.total === total && expected.datasetHash === datasetHash;
    if (!same) {
      throw new JobError(
        "conflict",
        `the trusted block's state gives epoch ${epoch} the root ${expected.root} with total ${expected.total} and dataset hash ${expected.datasetHash}, the job computed ${root} with ${total} and ${datasetHash}`,
        "an endpoint may have lied to the job: find out which, give others, and sync into a new data directory",
      );
    }
    context.note(`the root of epoch ${epoch} was computed again from what the trusted block proves`);
  };
}

interface Report {
  readonly run: Repeat;
  readonly outcome: string;
  readonly json: object;
  /** Undefined where nobody's amounts are known. */
  readonly provers?: Iterable<object>;
}

type Say = (lines: Iterable<string>) => void;

function* withEnds(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}

async function computed(params: RunEpochParams, say: Say): Promise<Report> {
  const { system } = params;
  const describe = once((run: ComputedEpoch) => say(withEnds(epochLines(run, system))));
  const run = await runEpoch(params, describe);
  describe(run);
  return { run, outcome: epochOutcome(run), json: epochRunJson(run, system), provers: proversJson(run) };
}

async function repeated(params: RunEpochParams, say: Say): Promise<Report> {
  const describe = once((again: RootAgain) => say(withEnds(repeatLines(again))));
  const run = await repeatRoot(params, describe);
  describe(run);
  return { run, outcome: repeatOutcome(run), json: repeatJson(run, params.system) };
}

function safeAddressOf({ safeAddress }: RunFlags): Address | undefined {
  if (safeAddress === undefined) return undefined;
  return asAddress({ text: safeAddress, source: "--safe-address" });
}

async function propose(
  context: Context,
  file: string,
  system: System,
  { status, multisig, toPost }: Repeat,
): Promise<SafeFile | undefined> {
  if (status !== "proposed" || multisig === undefined) return undefined;
  const name = `Provender: post the root of epoch ${toPost.epoch}`;
  const { chainId } = system;
  return writeSafeFile(context, file, { chainId, safe: multisig, name, calls: [postCall(system, toPost)] });
}

function proposalText({ path, checksum }: SafeFile, { multisig, toPost }: Repeat): string {
  return [
    `written to ${path}: import it in the Transaction Builder of the Safe ${getAddress(multisig as Address)}; it must show`,
    `  epoch ${toPost.epoch}`,
    `  root ${toPost.root}`,
    `  cumulativeTotal ${toPost.total}`,
    `  datasetHash ${toPost.datasetHash}`,
    `  snapshotBlock ${toPost.snapshot.number}`,
    `  snapshotHash ${toPost.snapshot.hash}`,
    `  checksum of the file ${checksum}`,
    "",
  ].join("\n");
}

/**
 * What is due and pending, and how long the funds last.
 * @throws UsageError, naming the setting; ChainError if the contracts cannot be read
 */
export async function status(context: Context, flags: ChainFlags): Promise<void> {
  if (isOtherNetwork(context, flags))
    return (await import("../network-serve.ts")).statusOtherNetwork(context, flags);
  const { chain, system } = await openSession(context, flags);
  const current = await readStatus(chain.client, system);
  if (flags.json) printJson(context, statusJson(current, system));
  else context.out(statusText(current, system));
}
