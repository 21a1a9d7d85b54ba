// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import type { EpochInput } from "../core/types.ts";
import { type Cause, causeOfField, causeOfRow } from "./cause.ts";
import { compareArtifacts, type Difference, readArtifact } from "./compare.ts";
import type { PostFacts } from "./facts.ts";
import { type Finding, referTo } from "./finding.ts";
import { keccakOf } from "./hash.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { listsOf } from "./log-lists.ts";
import type { Logged } from "./logged.ts";
import type { Reading } from "./reading.ts";
import type { Judgement } from "./report.ts";

interface Own {
  readonly reading: Reading;
  readonly post: Logged<PostFacts>;
  readonly input: EpochInput;
  /** As it should have been. */
  readonly artifact: JsonObject;
}

/**
 * How a published artifact differs from what it should have been: the first prover, in ascending order, and what is
 * behind its difference. A file that does not hash to the posted dataset hash says nothing about the post.
 */
export async function judgeArtifact(
  client: PublicClient,
  own: Own,
  bytes: Uint8Array,
  { amounts }: Judgement,
): Promise<Finding[]> {
  const { reading, post, input, artifact } = own;
  const { deployment, facts } = reading;
  const place = { deployment, facts, epoch: input.epoch };
  const hash = keccakOf(bytes);
  const isPosted = hash === post.datasetHash;
  if (isPosted && amounts.length === 0) return [];
  const topic = isPosted ? "artifact" : "copy";
  const findings: Finding[] = [];
  const { fields, row } = compareArtifacts(readArtifact(bytes, input), artifact);
  if (row !== undefined) {
    const lists = await listsOf(client, deployment, facts);
    const cause = causeOfRow({ ...place, lists }, row);
    const message = `amount ${row.amount.published} wei, recomputed ${row.amount.recomputed} wei; ${whyOf(row, cause)}`;
    findings.push({ topic, prover: row.prover, message, difference: row, log: cause && referTo(cause.at) });
  }
  if (!isPosted) {
    const message = `the artifact given hashes to ${hash}, the post names ${post.datasetHash}: it was edited, or is another one`;
    findings.push({ topic, message, log: referTo(post.at) });
  }
  for (const { path, published, recomputed } of fields) {
    const cause = causeOfField(place, path);
    const message = `${path} is ${show(path, published)}, recomputed ${show(path, recomputed)}`;
    findings.push({ topic, message, log: cause && referTo(cause.at) });
  }
  return findings;
}

function whyOf({ field, isInput, published, recomputed }: Difference, cause: Cause | undefined): string {
  const how = cause?.how === undefined ? "" : `, as if this log ${cause.how}`;
  if (isInput)
    return `the input ${field} differs: ${show(field, published)}, on the chain ${show(field, recomputed)}${how}`;
  if (field === "amount") return "its inputs agree";
  return `${field} differs: ${show(field, published)}, recomputed ${show(field, recomputed)}`;
}

/** Fields of an artifact, and of its rows, that hold wei. */
const AMOUNTS = new Set([
  ...["added", "amount", "budget", "carryIn", "carryOut", "commission", "cumulative"],
  ...["cumulativeCommission", "dropped", "fees", "previousTotal", "protocolFees", "stake", "total"],
]);

function show(field: string, value: JsonValue): string {
  if (AMOUNTS.has(field) && typeof value === "string" && /^[0-9]+$/.test(value)) return `${value} wei`;
  return typeof value === "string" ? value : JSON.stringify(value);
}
