// SPDX-License-Identifier: AGPL-3.0-only
import { ChainError } from "../../chain/errors.ts";
import type { Asked } from "../../core/campaigns.ts";
import { plainInput } from "../../core/epoch-input.ts";
import { initKeccak } from "../../core/keccak.ts";
import policySchema from "../../core/policy.schema.json" with { type: "json" };
import { policyHash } from "../../core/policy.ts";
import type { EpochInput, Policy } from "../../core/types.ts";
import { runEpoch } from "../../epoch/run.ts";
import type { OpenDatabase } from "../../epoch/sources.ts";
import { fulfilmentsIn } from "../../store/fulfilments.ts";
import { campaignChecks } from "../campaign-check.ts";
import { asEpoch, asEpochs } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import { load } from "../load.ts";
import { isOtherNetwork } from "../network.ts";
import { checkOtherNetwork } from "../network-check.ts";
import { exampleAsked, exampleEpoch } from "../policy-example.ts";
import { type PolicyFile, readPolicyFile } from "../policy-file.ts";
import { type PastEpoch, type RangeCheck, rangeCheckJson, rangeCheckText } from "../policy-range.ts";
import { type PolicyCheck, policyCheckJson, policyCheckText } from "../policy-report.ts";
import { recordedEpoch, selfDealingOf, tryPolicy } from "../policy-trial.ts";
import { refuseFlags } from "../refuse-flags.ts";
import { type ChainFlags, openSession, type Session } from "../session.ts";

export interface CheckFlags extends ChainFlags {
  readonly data?: string;
  readonly epoch?: string;
  readonly against?: string;
  readonly budget?: string;
}

/**
 * Says of a policy's file what it hashes to, pays and invites, on an example, an artifact, an epoch or several.
 * @throws UsageError for a file that is no policy, or an epoch that cannot be had; ChainError if that cannot be read
 */
export async function check(context: Context, name: string, flags: CheckFlags): Promise<void> {
  if (isOtherNetwork(context, flags)) return checkOtherNetwork(context, name, flags);
  refuseFlags(flags, ["budget"], "--network provernet", "leave it out: the epoch has its own");
  await initKeccak();
  const file = await readPolicyFile(context, "<file>", name, flags.against !== undefined);
  const other =
    flags.against === undefined ? undefined : await readPolicyFile(context, "--against", flags.against, true);
  if (flags.epoch?.includes("..")) {
    const range = await rangeFor(context, file, other, flags);
    if (flags.json) printJson(context, rangeCheckJson(range));
    else context.out(rangeCheckText(range));
    return;
  }
  const { source, input, asked, inForce } = await epochFor(context, file.policy, flags);
  const { policy } = file;
  const trial = tryPolicy(policy, input, asked);
  const rival = other ?? inForce;
  const result: PolicyCheck = {
    file,
    source,
    trial,
    against: rival && { name: rival.name, hash: rival.hash, trial: tryPolicy(rival.policy, input, asked) },
    selfDealing: policy.version === 1 ? selfDealingOf(policy, trial) : undefined,
    campaigns: policy.version === 2 ? campaignChecks(policy, input.budget, trial.result.rows, asked) : [],
  };
  if (flags.json) printJson(context, policyCheckJson(result));
  else context.out(policyCheckText(result));
}

/** Prints the JSON Schema of policies. */
export function schema(context: Context): void {
  printJson(context, policySchema);
}

interface Sample {
  readonly source: string;
  readonly input: EpochInput;
  /** Who asked for what, where the epoch's logs are read. */
  readonly asked?: readonly Asked[];
  /** The recorded epoch's own policy. */
  readonly inForce: { readonly name: string; readonly hash: string; readonly policy: Policy } | undefined;
}

async function epochFor(context: Context, policy: Policy, flags: CheckFlags): Promise<Sample> {
  const { data, epoch, against: _, ...chainFlags } = flags;
  requireOne(flags);
  if (data !== undefined) {
    const input = recordedEpoch(await load(context, "--data", data));
    return recorded(`epoch ${input.epoch} of ${data}`, input);
  }
  if (epoch !== undefined) {
    const wanted = asEpoch(epoch);
    const session = await openSession(context, chainFlags);
    const { input, asked } = await withDatabase(session, (open) => pastEpoch(context, session, open, wanted));
    return recorded(`epoch ${wanted} of chain ${session.chain.chainId}`, input, asked);
  }
  const input = exampleEpoch(policy);
  return { source: "the built-in example", input, asked: exampleAsked(policy, input), inForce: undefined };
}

function requireOne({ data, epoch }: CheckFlags): void {
  if (data === undefined || epoch === undefined) return;
  throw new UsageError("--data and --epoch both name an epoch", "give one of them");
}

/** An epoch that has ended, by its logs, posted or not. */
async function pastEpoch(
  { version, note: log }: Context,
  { chain, system, store }: Session,
  open: () => Promise<OpenDatabase>,
  epoch: number,
): Promise<{ readonly input: EpochInput; readonly asked: readonly Asked[] }> {
  const { result } = await runEpoch({ chain, system, store, open, epoch, version, log });
  const { database, deployment } = await open();
  return {
    input: plainInput(result.input),
    asked: await database.read((sql) => listOf(fulfilmentsIn(sql, deployment, epoch))),
  };
}

async function rangeFor(
  context: Context,
  file: PolicyFile,
  other: PolicyFile | undefined,
  flags: CheckFlags,
): Promise<RangeCheck> {
  const { data: _, epoch = "", against: __, ...chainFlags } = flags;
  requireOne(flags);
  const { from, to } = asEpochs(epoch);
  const session = await openSession(context, chainFlags);
  const epochs: PastEpoch[] = [];
  await withDatabase(session, async (open) => {
    for (let past = from; to === undefined || past <= to; past++) {
      const found = await pastEpoch(context, session, open, past).catch((error: unknown) => {
        // Without an end, it is where nothing has ended yet.
        if (to === undefined && past > from && isNotReady(error)) return undefined;
        throw error;
      });
      if (found === undefined) break;
      const { input, asked } = found;
      const rival = other?.policy ?? input.policy;
      epochs.push({
        trial: tryPolicy(file.policy, input, asked),
        other: { hash: policyHash(rival), trial: tryPolicy(rival, input, asked) },
      });
    }
  });
  const last = from + epochs.length - 1;
  return {
    file,
    source: `epochs ${from} to ${last} of chain ${session.chain.chainId}`,
    against: { name: other?.name ?? IN_FORCE, hash: other?.hash },
    epochs,
  };
}

const IN_FORCE = "the policy in force";

function isNotReady(error: unknown): boolean {
  return error instanceof ChainError && error.code === "not-ready";
}

async function listOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

function recorded(source: string, input: EpochInput, asked?: readonly Asked[]): Sample {
  const { policy } = input;
  const known = asked === undefined ? {} : { asked };
  return {
    source,
    input,
    ...known,
    inForce: { name: IN_FORCE, hash: policyHash(policy), policy },
  };
}
