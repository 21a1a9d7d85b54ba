// SPDX-License-Identifier: AGPL-3.0-only
import type { Address, Hex } from "../core/types.ts";
import { AuditError } from "./errors.ts";
import {
  canonicalText,
  isList,
  isObject,
  type JsonObject,
  type JsonValue,
  parseCanonicalText,
} from "./json.ts";

/** The first prover whose row in a published artifact is not the recomputed one. */
export interface Difference {
  readonly prover: Address;
  /** The field that differs first, inputs before results. */
  readonly field: string;
  readonly published: JsonValue;
  readonly recomputed: JsonValue;
  /** Whether that field is an input of the epoch, or was computed from inputs that agree. */
  readonly isInput: boolean;
  readonly amount: { readonly published: string; readonly recomputed: string };
  /** How many rows differ. */
  readonly rows: number;
}

export interface Comparison {
  /** The epoch's own fields that differ, by path; sums and root only if no row explains them. */
  readonly fields: readonly { path: string; published: JsonValue; recomputed: JsonValue }[];
  readonly row: Difference | undefined;
}

const ROW_INPUTS = [
  "vault",
  "work",
  "stake",
  "fulfilments",
  "misses",
  "fees",
  "protocolFees",
  "commissionBps",
  "campaigns",
] as const;
const ROW_RESULTS = ["amount", "limitedBy", "commission", "cumulative", "cumulativeCommission"] as const;
const RESULTS = ["added", "carryOut", "dropped", "total", "root"];

/**
 * The artifact of one epoch of one distributor, in whatever state its rows are.
 * @throws AuditError for what is no artifact, or one of another epoch, distributor or chain
 */
export function readArtifact(
  bytes: Uint8Array,
  wanted: { readonly chainId: bigint; readonly distributor: Address; readonly epoch: number },
): JsonObject {
  const json = parseCanonicalText(bytes);
  if (!isObject(json) || json.schema !== "provender.artifact/1" || !isList(json.rows)) {
    throw new AuditError(
      "the artifact is not one: canonical JSON of schema provender.artifact/1 is expected",
    );
  }
  const { chainId, distributor, epoch } = json;
  if (chainId !== String(wanted.chainId) || distributor !== wanted.distributor || epoch !== wanted.epoch) {
    throw new AuditError(
      `the artifact is of epoch ${text(epoch)} of distributor ${text(distributor)} on chain ${text(chainId)}, not of epoch ${wanted.epoch} of ${wanted.distributor} on chain ${wanted.chainId}`,
    );
  }
  return json;
}

/**
 * The leaves that an artifact's rows stand for, in their order, amounts in wei; rows without any earnings have none.
 * @throws AuditError for what is no row
 */
export function leavesIn(artifact: JsonObject) {
  const rows = isList(artifact.rows) ? artifact.rows : [];
  return rows.flatMap((row) => {
    const prover = isObject(row) ? row.prover : undefined;
    const cumulative = isObject(row) ? decimal(row.cumulative) : undefined;
    const cumulativeCommission = isObject(row) ? decimal(row.cumulativeCommission) : undefined;
    if (typeof prover !== "string" || !/^0x[0-9a-f]{40}$/.test(prover)) throw malformed(row);
    if (cumulative === undefined || cumulativeCommission === undefined) throw malformed(row);
    return cumulative === 0n ? [] : [{ prover: prover as Hex, cumulative, cumulativeCommission }];
  });
}

/**
 * All fields that differ, and the first row that does, in the order of the provers' addresses; without such a row,
 * sums and root count.
 * @throws AuditError for a row that is none, or there twice
 */
export function compareArtifacts(published: JsonObject, recomputed: JsonObject): Comparison {
  const { rows: publishedRows, ...publishedFields } = published;
  const { rows: recomputedRows, ...recomputedFields } = recomputed;
  const row = firstRow(byProver(publishedRows), byProver(recomputedRows));
  // Sums and root follow from the rows: they say something only where no row does.
  const fields = [...differences("", publishedFields, recomputedFields)].filter(
    ({ path }) => row === undefined || !RESULTS.includes(path),
  );
  return { fields, row };
}

function firstRow(
  published: ReadonlyMap<string, JsonObject>,
  recomputed: ReadonlyMap<string, JsonObject>,
): Difference | undefined {
  let first: Difference | undefined;
  let rows = 0;
  for (const prover of [...new Set([...published.keys(), ...recomputed.keys()])].sort()) {
    const theirs = published.get(prover);
    const ours = recomputed.get(prover);
    const field = [...ROW_INPUTS, ...ROW_RESULTS].find((key) => !isSame(theirs?.[key], ours?.[key]));
    if (field === undefined) continue;
    rows++;
    first ??= {
      prover: prover as Address,
      field: theirs === undefined || ours === undefined ? "row" : field,
      published: theirs === undefined ? "no row" : shown(theirs[field]),
      recomputed: ours === undefined ? "no row" : shown(ours[field]),
      isInput: theirs === undefined || ours === undefined || ROW_INPUTS.some((key) => key === field),
      amount: { published: text(theirs?.amount ?? "0"), recomputed: text(ours?.amount ?? "0") },
      rows: 0,
    };
  }
  return first && { ...first, rows };
}

function byProver(rows: JsonValue | undefined): Map<string, JsonObject> {
  const found = new Map<string, JsonObject>();
  for (const row of isList(rows) ? rows : []) {
    if (!isObject(row) || typeof row.prover !== "string" || found.has(row.prover)) throw malformed(row);
    found.set(row.prover, row);
  }
  return found;
}

function* differences(
  path: string,
  published: JsonValue | undefined,
  recomputed: JsonValue | undefined,
): Generator<{ path: string; published: JsonValue; recomputed: JsonValue }> {
  const [a, b] = [published, recomputed];
  if ((isObject(a) && isObject(b)) || (isList(a) && isList(b))) {
    const [inA, inB] = [a as JsonObject, b as JsonObject];
    for (const key of new Set([...Object.keys(inA), ...Object.keys(inB)])) {
      yield* differences(path === "" ? key : `${path}.${key}`, inA[key], inB[key]);
    }
    return;
  }
  if (a !== b) yield { path, published: shown(a), recomputed: shown(b) };
}

function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a === b || canonicalText(a) === canonicalText(b);
}

/** `null` is a value. */
function shown(value: JsonValue | undefined): JsonValue {
  return value === undefined ? "absent" : value;
}

function decimal(value: JsonValue | undefined): bigint | undefined {
  return typeof value === "string" && /^(0|[1-9][0-9]{0,77})$/.test(value) ? BigInt(value) : undefined;
}

function malformed(row: JsonValue): AuditError {
  return new AuditError(`a row of the artifact is malformed or repeated: ${text(row).slice(0, 80)}`);
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "absent");
}
