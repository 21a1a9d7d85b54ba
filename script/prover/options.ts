// SPDX-License-Identifier: AGPL-3.0-only
import { parseEther } from "viem";
import { UsageError } from "../../service/cli/errors.ts";
import type { Hex } from "../../service/core/types.ts";
import type { CostRule } from "./cost.ts";

export interface CostFlags {
  readonly cost?: string;
  readonly costOf?: readonly string[];
  readonly loadBps: string;
}

const MAX_LOAD_BPS = 100_000n;

export function costRule({ cost, costOf = [], loadBps }: CostFlags): CostRule {
  if (cost === undefined && costOf.length === 0) {
    throw new UsageError("what a zk proof costs is missing", "give --cost, or --cost-of for each program");
  }
  if (!/^\d{1,6}$/.test(loadBps) || BigInt(loadBps) > MAX_LOAD_BPS) {
    throw new UsageError(
      `--load-bps: not a whole number up to ${MAX_LOAD_BPS}: ${loadBps}`,
      "write it in digits: 500 is 5 %",
    );
  }
  return {
    base: cost === undefined ? undefined : asTokens(cost, "--cost"),
    byProgram: new Map(costOf.map(programCost)),
    loadBps: BigInt(loadBps),
  };
}

function programCost(text: string): [Hex, bigint] {
  const [, programKey, tokens] = /^(0x[0-9a-fA-F]{64})=(.*)$/.exec(text) ?? [];
  if (programKey === undefined || tokens === undefined) {
    throw new UsageError(`--cost-of: not a program key and its cost: ${text}`, "such as 0x00a2…12d0=2.5");
  }
  return [programKey.toLowerCase() as Hex, asTokens(tokens, "--cost-of")];
}

function asTokens(text: string, flag: string): bigint {
  if (!/^\d{1,9}(\.\d{1,18})?$/.test(text) || parseEther(text) === 0n) {
    throw new UsageError(`${flag}: not an amount of tokens above 0: ${text}`, "write it in digits: 2.5");
  }
  return parseEther(text);
}

/** How often to look at the chain, in milliseconds. */
export function intervalOf(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,4}(\.\d{1,3})?$/.test(text) && seconds >= 0.05 && seconds <= 3_600) return seconds * 1_000;
  throw new UsageError(`--every: not a number of seconds from 0.05 to 3600: ${text}`, "write it in digits");
}
