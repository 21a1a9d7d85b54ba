// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Hex } from "../core/types.ts";
import type { CostRule, ProgramCost } from "../prover/cost.ts";
import { asSomeTokens } from "./amounts.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import { asPercent } from "./percents.ts";

export interface CostFlags {
  readonly costs?: string;
  readonly cost?: string;
  readonly costOf?: readonly string[];
  readonly load?: string;
  readonly reserve?: string;
}

const MAX_LOAD_BPS = 100_000n;
/** A proof that takes a week is none that a deadline allows. */
const MAX_SECONDS = 604_800;
const KEY = /^0x[0-9a-fA-F]{64}$/;

/**
 * What a zk proof costs, from a file and from flags; flags come before the file.
 * @throws UsageError, naming the flag or the file's field
 */
export function costRule({ cwd }: Pick<Context, "cwd">, flags: CostFlags): CostRule {
  const { costs, cost, costOf = [], load, reserve } = flags;
  const file = costs === undefined ? EMPTY : costFile(resolve(cwd, costs));
  const base = cost === undefined ? file.base : { cost: asTokens(cost, "--cost") };
  const byProgram = new Map([...file.byProgram, ...costOf.map(programCost)]);
  if (base === undefined && byProgram.size === 0) {
    throw new UsageError(
      "what a zk proof costs is missing",
      "give --cost, --cost-of for each program, or a file with --costs",
    );
  }
  return {
    ...{ base, byProgram },
    loadBps: load === undefined ? file.loadBps : asPercent({ text: load, source: "--load" }, MAX_LOAD_BPS),
    reserve: reserve === undefined ? file.reserve : asTokens(reserve, "--reserve"),
  };
}

const EMPTY: CostRule = { base: undefined, byProgram: new Map(), loadBps: 0n, reserve: 0n };

/** `{"reserve": "1", "loadBps": 500, "default": {"cost": "2.5"}, "programs": {"0x…": {"cost": "4", "seconds": 90}}}` */
function costFile(path: string): CostRule {
  const at = (field: string) => `--costs: ${path}: ${field}`;
  const {
    reserve,
    loadBps = 0,
    default: base,
    programs = {},
    ...others
  } = objectAt(readJson(path), at("file"));
  refuseOthers(others, at(""), "reserve, loadBps, default and programs");
  const entries = Object.entries(objectAt(programs, at("programs")));
  return {
    base: base === undefined ? undefined : costAt(base, at("default")),
    byProgram: new Map(
      entries.map(([key, value]) => {
        if (!KEY.test(key))
          throw new UsageError(`${at("programs")}: not a program key: ${key}`, "give 32 bytes");
        return [key.toLowerCase() as Hex, costAt(value, at(`programs.${key}`))];
      }),
    ),
    loadBps: loadIn(loadBps, at("loadBps")),
    reserve: reserve === undefined ? 0n : asTokens(String(reserve), at("reserve")),
  };
}

function costAt(value: unknown, field: string): ProgramCost {
  const { cost, seconds, ...others } = objectAt(value, field);
  refuseOthers(others, `${field}.`, "cost and seconds");
  if (typeof cost !== "string") {
    throw new UsageError(`${field}.cost: not an amount in quotes`, 'in tokens, such as "2.5"');
  }
  if (seconds === undefined) return { cost: asTokens(cost, `${field}.cost`) };
  if (typeof seconds === "number" && seconds > 0 && seconds <= MAX_SECONDS && Number.isInteger(seconds)) {
    return { cost: asTokens(cost, `${field}.cost`), seconds };
  }
  throw new UsageError(
    `${field}.seconds: not a number from 1 to ${MAX_SECONDS}`,
    "how long a zk proof takes",
  );
}

function refuseOthers(others: Record<string, unknown>, where: string, known: string): void {
  const [name] = Object.keys(others);
  if (name !== undefined) throw new UsageError(`${where}${name}: unknown`, `use ${known}`);
}

function objectAt(value: unknown, field: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new UsageError(`${field}: not an object`, "contracts/PROVERS.md has an example");
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new UsageError(`--costs: cannot read ${path}: ${code ?? message}`, "give a file of costs in JSON");
  }
}

function programCost(text: string): [Hex, ProgramCost] {
  const [, programKey, tokens] = /^(0x[0-9a-fA-F]{64})=(.*)$/.exec(text) ?? [];
  if (programKey === undefined || tokens === undefined) {
    throw new UsageError(`--cost-of: not a program key and its cost: ${text}`, "such as 0x00a2…12d0=2.5");
  }
  return [programKey.toLowerCase() as Hex, { cost: asTokens(tokens, "--cost-of") }];
}

function loadIn(value: unknown, source: string): bigint {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_LOAD_BPS) {
    return BigInt(value);
  }
  throw new UsageError(
    `${source}: not a whole number up to ${MAX_LOAD_BPS}: ${value}`,
    "write it in digits: 500 is 5 %",
  );
}

const asTokens = (text: string, source: string): bigint => asSomeTokens({ text, source });
