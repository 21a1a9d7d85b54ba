// SPDX-License-Identifier: AGPL-3.0-only
import { initKeccak } from "../../core/keccak.ts";
import policySchema from "../../core/policy.schema.json" with { type: "json" };
import { policyHash } from "../../core/policy.ts";
import type { EpochInput, Policy } from "../../core/types.ts";
import { runEpoch } from "../../epoch/run.ts";
import { asEpoch } from "../config.ts";
import { type Context, printJson } from "../context.ts";
import { withDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import { load } from "../load.ts";
import { exampleEpoch } from "../policy-example.ts";
import { readPolicyFile } from "../policy-file.ts";
import { type PolicyCheck, policyCheckJson, policyCheckText } from "../policy-report.ts";
import { recordedEpoch, selfDealingOf, tryPolicy } from "../policy-trial.ts";
import { type ChainFlags, openSession } from "../session.ts";

export interface CheckFlags extends ChainFlags {
  readonly data?: string;
  readonly epoch?: string;
  readonly against?: string;
}

export async function check(context: Context, name: string, flags: CheckFlags): Promise<void> {
  await initKeccak();
  const file = await readPolicyFile(context, "<file>", name, flags.against !== undefined);
  const other =
    flags.against === undefined ? undefined : await readPolicyFile(context, "--against", flags.against, true);
  const { source, input, inForce } = await epochFor(context, file.policy, flags);
  const trial = tryPolicy(file.policy, input);
  const rival = other ?? inForce;
  const result: PolicyCheck = {
    file,
    source,
    trial,
    against: rival && { name: rival.name, hash: rival.hash, trial: tryPolicy(rival.policy, input) },
    selfDealing: selfDealingOf(file.policy, trial),
  };
  if (flags.json) printJson(context, policyCheckJson(result));
  else context.out(policyCheckText(result));
}

export function schema(context: Context): void {
  printJson(context, policySchema);
}

interface Sample {
  readonly source: string;
  readonly input: EpochInput;
  /** The recorded epoch's own policy. */
  readonly inForce: { readonly name: string; readonly hash: string; readonly policy: Policy } | undefined;
}

async function epochFor(context: Context, policy: Policy, flags: CheckFlags): Promise<Sample> {
  const { data, epoch, against: _, ...chainFlags } = flags;
  if (data !== undefined && epoch !== undefined) {
    throw new UsageError("--data and --epoch both name an epoch", "give one of them");
  }
  if (data !== undefined) {
    const input = recordedEpoch(await load(context, "--data", data));
    return recorded(`epoch ${input.epoch} of ${data}`, input);
  }
  if (epoch !== undefined) {
    const wanted = asEpoch(epoch);
    const session = await openSession(context, chainFlags);
    const { chain, system, store } = session;
    const { version, note: log } = context;
    const run = await withDatabase(session, (open) =>
      runEpoch({ chain, system, store, open, epoch: wanted, version, log }),
    );
    return recorded(`epoch ${wanted} of chain ${chain.chainId}`, run.result.input);
  }
  return { source: "the built-in example", input: exampleEpoch(policy), inForce: undefined };
}

function recorded(source: string, input: EpochInput): Sample {
  const { policy } = input;
  return { source, input, inForce: { name: "the policy in force", hash: policyHash(policy), policy } };
}
