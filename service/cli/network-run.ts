// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type ContractFunctionParameters, getAddress } from "viem";
import { ChainError } from "../chain/errors.ts";
import { computeEpoch, type EpochResult } from "../core/epoch.ts";
import { asArray, asAddress as asPlainAddress } from "../core/guard.ts";
import { keccakHex } from "../core/keccak.ts";
import type { Address, Hex } from "../core/types.ts";
import { outboxOf } from "../epoch/outbox.ts";
import { encodeNetworkArtifact } from "../networks/provernet/artifact.ts";
import { attestationFrom, attestedBy } from "../networks/provernet/attestation.ts";
import { windowsFrom } from "../networks/provernet/clock.ts";
import { chunksOf, outputHash } from "../networks/provernet/output.ts";
import {
  distribute,
  distribution,
  isUnsettled,
  lastBegun,
  leftToSet,
  type Output,
  owedBefore,
  payCall,
  type Rewarding,
  setCall,
  setRewards,
  type Unpaid,
  whyNot,
} from "../networks/provernet/post.ts";
import { postingUnderWay, rememberPosting } from "../networks/provernet/posting.ts";
import { readState } from "../networks/provernet/store.ts";
import { fileStore } from "../store/file-store.ts";
import type { Store } from "../store/store.ts";
import { asAddress, asEpoch } from "./config.ts";
import { type Context, printJson } from "./context.ts";
import { LIMITS } from "./epoch-report.ts";
import { UsageError } from "./errors.ts";
import { amount, shortAddress, table } from "./format.ts";
import { type NetworkSession, openNetwork } from "./network.ts";
import { epochUnder, type NamedPolicy, type PolicyEpoch, readNetworkPolicy } from "./network-policy.ts";
import { refuseWithout } from "./refuse-flags.ts";
import { type SafeFile, writeSafeFile } from "./safe-file.ts";
import type { ChainFlags } from "./session.ts";
import { openSigner, type SignerFlags } from "./signing.ts";
import { announce, once } from "./transactions.ts";

/** What `epoch run` takes for another network. */
export interface OtherRunFlags extends ChainFlags, SignerFlags {
  readonly epoch?: string;
  readonly post?: true;
  readonly safe?: string;
  readonly safeAddress?: string;
  readonly output?: string;
  readonly policy?: string;
  readonly budget?: string;
  readonly distribute?: true;
  readonly skipUnset?: true;
  readonly requireAttestations?: string;
  readonly auditors?: string;
  readonly attestations?: readonly string[];
  readonly dryRun?: true;
}

/** What an epoch pays there, and the bytes that say so. */
interface Computed {
  readonly epoch: PolicyEpoch;
  readonly result: EpochResult;
  readonly artifact: Uint8Array;
  readonly datasetHash: Hex;
  readonly output: Output;
  readonly outputHash: Hex;
}

/**
 * Computes an epoch of another network, and sets and pays its rewards if it is told to.
 * @throws UsageError for flags that are none; ChainError where something is not mined, or the chain cannot be read
 */
export async function runOtherNetwork(context: Context, flags: OtherRunFlags): Promise<void> {
  if (flags.output !== undefined && flags.output !== "epoch-rewards") {
    throw new UsageError(`--output: unknown: ${flags.output}`, "write epoch-rewards");
  }
  refuseWithout(flags, "requireAttestations", ["auditors", "attestations"]);
  refuseWithout(flags, "safe", ["safeAddress"]);
  const named = await readNetworkPolicy(context, "--policy", flags.policy);
  const wanted = flags.epoch === undefined ? undefined : asEpoch(flags.epoch);
  const session = await openNetwork(context, flags);
  try {
    const computed = await dueOr(session, named, flags, wanted);
    // What is set and paid is said before; programs read it once all is done.
    const describe = once(() => {
      if (!flags.json) context.out(epochText(computed));
    });
    const done = await act(context, session, flags, computed, describe);
    describe();
    if (flags.json) printJson(context, runJson(computed, done));
    else context.out(outcomeText(computed, done));
  } finally {
    await session.database.close();
  }
}

/** The epoch that is named, or the first that is due; nothing is sent for one while an earlier one is due. */
async function dueOr(
  session: NetworkSession,
  named: NamedPolicy,
  flags: OtherRunFlags,
  wanted: number | undefined,
): Promise<Computed> {
  const computedOf = async (epoch: number) =>
    compute(await epochUnder(session, epoch, named, wanted === epoch ? flags.budget : undefined));
  const sends = flags.post || flags.safe !== undefined;
  if (wanted !== undefined && (!sends || flags.skipUnset)) return computedOf(wanted);
  const due = await firstDue(session, fileStore(session.config.dataDir), computedOf, wanted);
  if (wanted === undefined) return compute(await epochUnder(session, due, named, flags.budget));
  if (due >= wanted) return computedOf(wanted);
  throw new ChainError(
    "refused",
    `epoch ${due} has to come first: once rewards of epoch ${wanted} are set, those of epoch ${due} that are not are lost`,
    `run it with --epoch ${due}, or with --skip-unset to lose them`,
  );
}

/** The first epoch of which something is to be set: the last one that was begun, or one after it that pays something. */
async function firstDue(
  session: NetworkSession,
  store: Store,
  computedOf: (epoch: number) => Promise<Computed>,
  before: number | undefined,
): Promise<number> {
  const where = { client: session.chain.client, contracts: session.contracts };
  const { time } = await session.sync();
  const windowOf = await windowsFrom(session.database, session.deployment);
  const begun = await lastBegun(where);
  if (begun > 0 && (await isBegunOnly(begun))) return begun;
  for (let epoch = begun + 1; ; epoch++) {
    const window = windowOf(epoch);
    const isLast = window === undefined || BigInt(window.end) > time;
    if (isLast || epoch === before || (await computedOf(epoch)).result.added > 0n) return epoch;
  }

  /** By what this job has begun to set; of what others did, by the policy at hand. */
  async function isBegunOnly(epoch: number): Promise<boolean> {
    const own = await postingUnderWay(store, session.contracts, epoch);
    try {
      return (await leftToSet(where, own ?? (await computedOf(epoch)).output)).length > 0;
    } catch (error) {
      // What differs from the policy was set under another one, to its end as far as anybody can tell.
      if (error instanceof ChainError && error.code === "refused" && own === undefined) return false;
      throw error;
    }
  }
}

/** Rewards of an epoch in wei, its artifact, and the calls of `setRewards` that they take. */
export function compute(epoch: PolicyEpoch): Computed {
  const result = computeEpoch(epoch.input);
  const artifact = encodeNetworkArtifact(result, epoch.logs);
  const { epoch: number, start, end } = epoch.input;
  const output = { epoch: number, start, end, chunks: chunksOf(epoch.input, result.rows) };
  return {
    ...{ epoch, result, artifact, output },
    datasetHash: keccakHex(artifact),
    outputHash: outputHash(output.chunks),
  };
}

interface Done {
  readonly status:
    | "dry-run"
    | "cannot-be-set"
    | "bytes-only"
    | "proposed"
    | "set"
    | "set-before"
    | "nothing-to-set";
  readonly reason?: string | undefined;
  readonly transactions: readonly Hex[];
  readonly safe?: SafeFile | undefined;
  /** How many more calls there are once those in the Safe's file are executed, and final. */
  readonly callsLeft?: number | undefined;
  readonly distributed?: readonly Hex[] | undefined;
  readonly left?: readonly Unpaid[] | undefined;
}

const DRY_RUN = { status: "dry-run", transactions: [] } as const;
const NOTHING = { status: "nothing-to-set", transactions: [] } as const;

async function act(
  context: Context,
  session: NetworkSession,
  flags: OtherRunFlags,
  computed: Computed,
  describe: () => void,
): Promise<Done> {
  const { chain, contracts, config } = session;
  const { output } = computed;
  const where = { client: chain.client, contracts };
  const pays = flags.distribute === true;
  if (!flags.post && flags.safe === undefined && !pays) return dryRun(where, computed);
  const left = await leftToSet(where, output);
  if (output.chunks.length === 0) return NOTHING;
  if (left.length > 0 && !flags.post && flags.safe === undefined) {
    throw new ChainError(
      "not-ready",
      `of epoch ${output.epoch}, ${left.length} of ${output.chunks.length} calls of setRewards are left`,
      "give --post too",
    );
  }
  await requireAttestations(context, session, flags, computed);
  const store = fileStore(config.dataDir);
  if (!flags.dryRun) await store.put(`artifacts/${computed.datasetHash}.json`, computed.artifact);
  const owed = await owedWith(session, computed);
  const [first, ...later] = left;
  const firstCall = first && (await setCall(where, first));

  const due = { where, store, output, owed, first: firstCall, later: later.length, pays };
  if (flags.safe !== undefined && !flags.dryRun) return propose(context, safeOf(flags), flags.safe, due);
  if (flags.safe !== undefined) {
    const reason = await whyNot(where, safeOf(flags), owed, firstCall);
    return reason === undefined ? DRY_RUN : { status: "bytes-only", reason, transactions: [] };
  }
  const signer = await openSigner(context, chain, flags);
  const reason = await whyNot(where, signer.address, owed, firstCall);
  if (reason !== undefined) return { status: "bytes-only", reason, transactions: [] };
  const says = [
    ...(left.length > 0
      ? [`set ${amount(computed.result.added)} tokens as the rewards of epoch ${output.epoch}`]
      : []),
    ...(pays ? [`pay what is set of epoch ${output.epoch}`] : []),
  ];
  if (!flags.dryRun) describe();
  for (const what of says) announce(context, flags.dryRun === true, what);
  if (flags.dryRun) return DRY_RUN;
  const sending = { ...where, signer, options: { outbox: outboxOf(store, signer), log: context.note } };
  if (left.length > 0) await rememberPosting(store, contracts, output);
  const transactions = await setRewards(sending, output);
  const set = { status: left.length === 0 ? ("set-before" as const) : ("set" as const), transactions };
  if (!pays) return set;
  const paid = await distribute(sending, output);
  return { ...set, distributed: paid.transactions, left: paid.left };
}

/** What is left to be done of an epoch. */
interface Rest {
  readonly where: Rewarding;
  readonly store: Store;
  readonly output: Output;
  /** In wei. */
  readonly owed: bigint;
  readonly first: ContractFunctionParameters | undefined;
  /** Calls after the first one. */
  readonly later: number;
  readonly pays: boolean;
}

/** One call a file: what comes later is checked again once this one is final. */
async function propose(
  context: Context,
  safe: Address,
  path: string,
  { where, store, output, owed, first, later, pays }: Rest,
): Promise<Done> {
  const reason = await whyNot(where, safe, owed, first);
  if (reason !== undefined) return { status: "bytes-only", reason, transactions: [] };
  const { chainId } = where.contracts;
  const write = async (call: ContractFunctionParameters, what: string, callsLeft: number) => {
    const name = `Provender: ${what} of epoch ${output.epoch}`;
    const written = await writeSafeFile(context, path, { chainId, safe, name, calls: [call] });
    return { status: "proposed", safe: written, callsLeft, transactions: [] } as const;
  };
  if (first !== undefined) {
    if (await isUnsettled(where)) {
      throw new ChainError("not-ready", "what was set before is not final yet", "try again later");
    }
    await rememberPosting(store, where.contracts, output);
    return write(first, "rewards", later);
  }
  if (!pays) return { status: "set-before", transactions: [] };
  const { batches, left } = await distribution(where, safe, output);
  const [batch, ...others] = batches;
  if (batch === undefined) return { status: "set-before", transactions: [], left };
  return { ...(await write(payCall(where, output.epoch, batch), "payment", others.length)), left };
}

/** What EpochRewards has to hold for these amounts, and for those that are set in other epochs and not paid. */
async function owedWith(
  { database, deployment }: NetworkSession,
  { epoch, output, result }: Computed,
): Promise<bigint> {
  const { set, paid } = epoch.figures.payments;
  const { provers } = await readState(database, deployment);
  const others = owedBefore(set, paid, output.epoch, (prover) => (provers[prover]?.left ?? null) !== null);
  const done = [...(paid.get(output.epoch)?.values() ?? [])].reduce((sum, { amount: wei }) => sum + wei, 0n);
  return others + result.added - done;
}

/** Shows what would be set, also where something else is. */
async function dryRun(where: Rewarding, { output }: Computed): Promise<Done> {
  if (output.chunks.length === 0) return NOTHING;
  try {
    const left = await leftToSet(where, output);
    return { status: left.length === 0 ? "set-before" : "dry-run", transactions: [] };
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== "refused") throw error;
    return { status: "cannot-be-set", reason: error.message, transactions: [] };
  }
}

/** Nothing is set before so many of the named auditors have signed just this: nothing could be taken back. */
async function requireAttestations(
  context: Context,
  { contracts }: NetworkSession,
  flags: OtherRunFlags,
  { epoch, datasetHash, outputHash: hash }: Computed,
): Promise<void> {
  const { requireAttestations: text, auditors, attestations = [] } = flags;
  if (text === undefined) return;
  if (!/^[1-9][0-9]{0,3}$/.test(text)) {
    throw new UsageError(
      `--require-attestations: not a number: ${text}`,
      "write how many auditors must have signed",
    );
  }
  if (auditors === undefined) {
    throw new UsageError(
      "--auditors is missing",
      "name a JSON file with the list of the auditors' addresses",
    );
  }
  const named = asArray(await readJson(context, "--auditors", auditors), "auditors").map((one, i) =>
    asPlainAddress(one, `auditors[${i}]`),
  );
  const given = await Promise.all(
    attestations.map(async (file) => attestationFrom(await readJson(context, "--attestations", file))),
  );
  const wanted = {
    ...{ chainId: contracts.chainId, epochRewards: contracts.epochRewards as Address },
    ...{ epoch: epoch.figures.epoch, datasetHash, outputHash: hash },
  };
  const signed = await attestedBy(wanted, named, given);
  if (signed.length >= Number(text)) return;
  throw new ChainError(
    "not-ready",
    `${signed.length} of the named auditors attest this dataset and output, ${text} are required`,
    `give their files with --attestations: dataset hash ${datasetHash}, output hash ${hash}`,
  );
}

async function readJson({ cwd }: Context, flag: string, file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(resolve(cwd, file), "utf8"));
  } catch (cause) {
    throw new UsageError(`${flag}: cannot read ${file}: ${(cause as Error).message}`, "give a JSON file");
  }
}

function safeOf({ safeAddress }: OtherRunFlags): Address {
  if (safeAddress === undefined) {
    throw new UsageError("--safe-address is missing", "name the Safe that has REWARD_UPDATER_ROLE");
  }
  return asAddress({ text: safeAddress, source: "--safe-address" });
}

function runJson(computed: Computed, done: Done): object {
  const { epoch, result, output } = computed;
  const { figures, input, named, logs } = epoch;
  return {
    network: "provernet",
    output: "epoch-rewards",
    epoch: figures.epoch,
    window: { start: input.start, end: input.end },
    provisional: figures.window.provisional,
    policyHash: named.hash,
    budget: input.budget,
    added: result.added,
    carryOut: "0",
    dropped: input.budget - result.added,
    datasetHash: computed.datasetHash,
    outputHash: computed.outputHash,
    snapshot: input.snapshot,
    logs: { count: logs.count, keccak256: logs.hash },
    provers: result.rows.map(
      ({ prover, amount: wei, limitedBy, work, stake, fees, protocolFees, fulfilments }) => ({
        prover: getAddress(prover),
        ...{ amount: wei, limitedBy, work, stake, fees, protocolFees, fulfilments },
      }),
    ),
    chunks: output.chunks.map(({ output: circuitOutput, rewards }) => ({
      ...{ provers: rewards.length, circuitOutput },
    })),
    ...done,
    notVouched: figures.position.notVouched,
  };
}

function epochText(computed: Computed): string {
  const { epoch, result, output } = computed;
  const { figures, input, named } = epoch;
  const rows = result.rows.map((row) => [
    shortAddress(row.prover),
    String(row.fulfilments),
    amount(row.fees),
    amount(row.protocolFees),
    amount(row.stake),
    amount(row.amount),
    LIMITS[row.limitedBy],
  ]);
  const head = ["prover", "fulfilments", "fees", "protocol fees", "stake", "amount", "limited by"];
  return [
    `epoch ${figures.epoch} under ${named.name}: budget ${amount(input.budget)}, paid ${amount(result.added)}, dropped ${amount(input.budget - result.added)}`,
    "",
    table(head, rows, 1),
    "",
    `dataset hash ${computed.datasetHash}`,
    `output hash ${computed.outputHash}, in ${output.chunks.length} ${output.chunks.length === 1 ? "call" : "calls"} of setRewards`,
    "",
  ].join("\n");
}

function outcomeText({ epoch: { figures } }: Computed, done: Done): string {
  return [
    statusText(done),
    ...(done.left ?? []).map(({ prover, reason }) => `not paid: ${getAddress(prover)}: ${reason}`),
    "nothing vouches for:",
    ...figures.position.notVouched.map((line) => `  ${line}`),
    "",
  ].join("\n");
}

function statusText({ status, reason, transactions, safe, callsLeft, distributed }: Done): string {
  const paid = distributed === undefined ? "" : `; paid in ${distributed.join(", ") || "no transaction"}`;
  const more = callsLeft ? `; ${callsLeft} calls are left: run it again once this one is final` : "";
  switch (status) {
    case "dry-run":
      return "dry run: nothing was sent; --post sets these rewards, --json shows the bytes";
    case "cannot-be-set":
      return `these rewards cannot be set: ${reason}`;
    case "bytes-only":
      return `nothing was sent: ${reason}; --json shows the bytes`;
    case "proposed":
      return `written to ${safe?.path}: import it in the Safe's Transaction Builder; checksum ${safe?.checksum}${more}`;
    case "nothing-to-set":
      return "there is nothing to set: this policy pays nobody";
    case "set-before":
      return `these rewards are set already${paid}`;
    case "set":
      return `set in ${transactions.join(", ") || "the transactions of somebody else"}${paid}`;
  }
}
