// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { getAddress } from "viem";
import { ChainError } from "../chain/errors.ts";
import { computeEpoch, type EpochResult } from "../core/epoch.ts";
import { asArray, asAddress as asPlainAddress } from "../core/guard.ts";
import { keccakHex } from "../core/keccak.ts";
import type { Address, Hex } from "../core/types.ts";
import { outboxOf } from "../epoch/outbox.ts";
import { encodeNetworkArtifact } from "../networks/provernet/artifact.ts";
import { attestationFrom, attestedBy } from "../networks/provernet/attestation.ts";
import { readFigures } from "../networks/provernet/figures.ts";
import { type Chunk, chunksOf, outputHash } from "../networks/provernet/output.ts";
import {
  distribution,
  sendInOrder,
  setCalls,
  stillUnset,
  unsetChunks,
  whyNot,
} from "../networks/provernet/post.ts";
import { fileStore } from "../store/file-store.ts";
import { asAddress, asEpoch } from "./config.ts";
import { type Context, printJson } from "./context.ts";
import { LIMITS } from "./epoch-report.ts";
import { UsageError } from "./errors.ts";
import { amount, shortAddress, table } from "./format.ts";
import { type NetworkSession, openNetwork } from "./network.ts";
import { epochUnder, nextEpoch, type PolicyEpoch, readNetworkPolicy } from "./network-policy.ts";
import { writeSafeFile } from "./safe-file.ts";
import type { ChainFlags } from "./session.ts";
import { openSigner, type SignerFlags } from "./signing.ts";

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
  readonly requireAttestations?: string;
  readonly auditors?: string;
  readonly attestations?: readonly string[];
}

/** What an epoch pays there, and the bytes that say so. */
interface Computed {
  readonly epoch: PolicyEpoch;
  readonly result: EpochResult;
  readonly artifact: Uint8Array;
  readonly datasetHash: Hex;
  readonly chunks: readonly Chunk[];
  readonly outputHash: Hex;
}

/** Computes an epoch of another network, and sets and pays its rewards if it is told to. */
export async function runOther(context: Context, flags: OtherRunFlags): Promise<void> {
  if (flags.output !== undefined && flags.output !== "epoch-rewards") {
    throw new UsageError(`--output: unknown: ${flags.output}`, "write epoch-rewards");
  }
  const named = await readNetworkPolicy(context, "--policy", flags.policy);
  const wanted = flags.epoch === undefined ? undefined : asEpoch(flags.epoch);
  const session = await openNetwork(context, flags);
  try {
    const number = wanted ?? (await nextEpoch(session));
    const computed = compute(await epochUnder(session, number, named, flags.budget));
    const done = await act(context, session, flags, computed);
    if (flags.json) printJson(context, runJson(computed, done));
    else context.out(runText(computed, done));
  } finally {
    await session.database.close();
  }
}

export function compute(epoch: PolicyEpoch): Computed {
  const result = computeEpoch(epoch.input);
  const artifact = encodeNetworkArtifact(result, epoch.logs);
  const chunks = chunksOf(epoch.input, result.rows);
  return {
    ...{ epoch, result, artifact, chunks },
    datasetHash: keccakHex(artifact),
    outputHash: outputHash(chunks),
  };
}

interface Done {
  readonly status: "dry-run" | "cannot-be-set" | "bytes-only" | "proposed" | "set" | "set-before";
  readonly reason?: string | undefined;
  readonly transactions: readonly Hex[];
  readonly safe?: { readonly path: string; readonly checksum: Hex } | undefined;
  readonly distributed?: readonly Hex[] | undefined;
  readonly left?: readonly { readonly prover: Address; readonly reason: string }[] | undefined;
}

async function act(
  context: Context,
  session: NetworkSession,
  flags: OtherRunFlags,
  computed: Computed,
): Promise<Done> {
  const { chain, contracts, config } = session;
  const { client } = chain;
  if (!flags.post && flags.safe === undefined && !flags.distribute) return dryRun(computed);
  const left = unsetChunks(computed.epoch.figures, computed.chunks);
  await requireAttestations(context, session, flags, computed);
  const store = fileStore(config.dataDir);
  await store.put(`artifacts/${computed.datasetHash}.json`, computed.artifact);
  const { epoch } = computed.epoch.figures;
  const calls = await setCalls({ client, contracts }, await stillUnset({ client, contracts }, epoch, left));
  if (flags.safe !== undefined) {
    const safe = safeOf(flags);
    const reason = await whyNot({ client, contracts, from: safe }, calls, computed.result.added);
    if (reason !== undefined) return { status: "bytes-only", reason, transactions: [] };
    const name = `Provender: rewards of epoch ${epoch}`;
    const file = await writeSafeFile(context, flags.safe, { chainId: chain.chainId, safe, name, calls });
    return { status: "proposed", safe: file, transactions: [] };
  }
  const signer = await openSigner(context, chain, flags);
  const options = { outbox: outboxOf(store, signer), log: context.note };
  const from = signer.address;
  const reason =
    calls.length === 0 ? undefined : await whyNot({ client, contracts, from }, calls, computed.result.added);
  if (reason !== undefined) return { status: "bytes-only", reason, transactions: [] };
  const transactions = await sendInOrder(client, signer, calls, options);
  const set = { status: calls.length === 0 ? ("set-before" as const) : ("set" as const), transactions };
  if (!flags.distribute) return set;
  return { ...set, ...(await distribute()) };

  /** What is set is read again first: it is paid once it is final. */
  async function distribute() {
    await session.sync();
    const figures = await readFigures(session.database, session.deployment, contracts, epoch);
    if (figures === undefined)
      throw new ChainError("not-ready", `epoch ${epoch} has no window`, "run it again");
    const { calls: batches, left: unpaid } = await distribution({ client, contracts, from }, figures);
    return { distributed: await sendInOrder(client, signer, batches, options), left: unpaid };
  }
}

/** Shows what would be set, also where something else is. */
function dryRun({ epoch, chunks }: Computed): Done {
  try {
    const left = unsetChunks(epoch.figures, chunks);
    return { status: left.length === 0 && chunks.length > 0 ? "set-before" : "dry-run", transactions: [] };
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
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
  if (text === undefined) {
    if (auditors !== undefined)
      throw new UsageError("--auditors is for --require-attestations", "say how many");
    return;
  }
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
  const { epoch, result, chunks } = computed;
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
    chunks: chunks.map(({ output, rewards }) => ({ provers: rewards.length, circuitOutput: output })),
    ...done,
    notVouched: figures.position.notVouched,
  };
}

function runText(computed: Computed, done: Done): string {
  const { epoch, result, chunks } = computed;
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
    `output hash ${computed.outputHash}, in ${chunks.length} calls of setRewards`,
    statusText(done),
    ...(done.left ?? []).map(({ prover, reason }) => `not paid: ${getAddress(prover)}: ${reason}`),
    "nothing vouches for:",
    ...figures.position.notVouched.map((line) => `  ${line}`),
    "",
  ].join("\n");
}

function statusText({ status, reason, transactions, safe, distributed }: Done): string {
  const paid = distributed === undefined ? "" : `; paid in ${distributed.join(", ") || "no transaction"}`;
  switch (status) {
    case "dry-run":
      return "nothing was sent: --post sets these rewards, --json shows the bytes";
    case "cannot-be-set":
      return `these rewards cannot be set: ${reason}`;
    case "bytes-only":
      return `nothing was sent: ${reason}; --json shows the bytes`;
    case "proposed":
      return `written to ${safe?.path}: import it in the Safe's Transaction Builder; checksum ${safe?.checksum}`;
    case "set-before":
      return `these rewards are set already${paid}`;
    case "set":
      return `set in ${transactions.join(", ")}${paid}`;
  }
}
