// SPDX-License-Identifier: AGPL-3.0-only
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { initKeccak, keccakHex } from "../core/keccak.ts";
import { encodePolicy, policyFromJson } from "../core/policy.ts";
import type { Hex, Policy } from "../core/types.ts";
import { type NetworkEpoch, networkEpoch } from "../networks/provernet/epoch-input.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import type { NetworkSession } from "./network.ts";
import { finishedFigures, type ReadEpoch } from "./network-epoch.ts";

export interface NamedPolicy {
  readonly name: string;
  readonly policy: Policy;
  readonly hash: Hex;
}

/**
 * A policy file as another network takes it: with multipliers by program, or null for all alike.
 * @throws UsageError for what is none, and for a continuation
 */
export async function readNetworkPolicy(
  { cwd }: Context,
  flag: string,
  name: string | undefined,
): Promise<NamedPolicy> {
  if (name === undefined) {
    throw new UsageError(`${flag} is missing`, "name a policy file: another network's contracts hold none");
  }
  const path = resolve(cwd, name);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new UsageError(
      `${flag}: cannot read ${path}: ${(cause as NodeJS.ErrnoException).code}`,
      "give its path",
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(
      `${flag}: ${path} is not JSON: ${(cause as Error).message}`,
      "see SPEC.md, section 6",
    );
  }
  await initKeccak();
  const policy = policyFromJson(json);
  if (policy.continuation !== undefined) {
    throw new UsageError(`${flag}: a continuation is for our own distributor`, "leave it out");
  }
  return { name, policy, hash: keccakHex(encodePolicy(policy)) };
}

export interface PolicyEpoch extends NetworkEpoch {
  readonly figures: ReadEpoch;
  readonly named: NamedPolicy;
}

/**
 * An epoch that has ended, read and put together under a policy and a budget, by default the most that it may pay.
 * @throws UsageError for a budget above that, and as `finishedFigures` does
 */
export async function epochUnder(
  session: NetworkSession,
  epoch: number,
  named: NamedPolicy,
  budgetText: string | undefined,
): Promise<PolicyEpoch> {
  const figures = await finishedFigures(session, epoch);
  const budget = budgetOf(budgetText, figures.window.maximum);
  return { figures, named, ...(await networkEpoch(session, figures, { policy: named.policy, budget })) };
}

/** A budget as it is typed: in wei. @throws UsageError for anything but digits */
export function asBudget(text: string): bigint {
  if (/^(0|[1-9][0-9]{0,77})$/.test(text)) return BigInt(text);
  throw new UsageError(`--budget: not an amount in wei: ${text}`, "write it in digits");
}

function budgetOf(text: string | undefined, maximum: bigint): bigint {
  if (text === undefined) return maximum;
  const budget = asBudget(text);
  if (budget <= maximum) return budget;
  throw new UsageError(
    `--budget: ${text} is above the epoch's maximum, ${maximum}`,
    "EpochRewards refuses more",
  );
}
