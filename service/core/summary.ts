// SPDX-License-Identifier: AGPL-3.0-only
import type { ArtifactHead } from "./artifact.ts";
import type { Json } from "./canonical.ts";
import { InputError } from "./errors.ts";
import { asCount, asDecimal, asHash, asRecord } from "./guard.ts";
import type { Hex } from "./types.ts";

/** What an epoch was, and paid, without its rows. */
export interface Summary {
  readonly policy: { readonly id: string; readonly version: number; readonly hash: Hex };
  readonly budget: bigint;
  readonly carryIn: bigint;
  readonly added: bigint;
  readonly carryOut: bigint;
  readonly dropped: bigint;
  readonly provers: number;
  readonly fulfilments: number;
  readonly misses: number;
}

const KEYS = [
  "added",
  "budget",
  "carryIn",
  "carryOut",
  "dropped",
  "fulfilments",
  "misses",
  "policy",
  "provers",
];

/** An artifact without its rows, of which there are as many as `provers`; amounts in wei. */
export function summaryOf(
  { policy, policyHash, misses, ...artifact }: ArtifactHead,
  provers: number,
): Summary {
  return {
    policy: { id: policy.id, version: policy.version, hash: policyHash },
    budget: artifact.budget,
    carryIn: artifact.carryIn,
    added: artifact.added,
    carryOut: artifact.carryOut,
    dropped: artifact.dropped,
    provers,
    fulfilments: artifact.fulfilments.count,
    misses: misses.length,
  };
}

/** Amounts as decimal texts. */
export function summaryToJson({ policy, provers, fulfilments, misses, ...summary }: Summary) {
  return {
    policy,
    budget: String(summary.budget),
    carryIn: String(summary.carryIn),
    added: String(summary.added),
    carryOut: String(summary.carryOut),
    dropped: String(summary.dropped),
    provers,
    fulfilments,
    misses,
  } satisfies Json;
}

/** @throws InputError, naming the field that is not what it should be. */
export function summaryFromJson(json: Json): Summary {
  const at = "summary";
  const record = asRecord(json, at, KEYS);
  const { id, version, hash } = asRecord(record.policy, `${at}.policy`, ["hash", "id", "version"]);
  if (typeof id !== "string")
    throw new InputError("invalid", `${at}.policy.id`, "not a text", "give a policy's id");
  const money = (key: string) => asDecimal(record[key], `${at}.${key}`);
  const count = (key: string) => asCount(record[key], `${at}.${key}`);
  return {
    policy: {
      id,
      version: asCount(version, `${at}.policy.version`),
      hash: asHash(hash, `${at}.policy.hash`),
    },
    budget: money("budget"),
    carryIn: money("carryIn"),
    added: money("added"),
    carryOut: money("carryOut"),
    dropped: money("dropped"),
    provers: count("provers"),
    fulfilments: count("fulfilments"),
    misses: count("misses"),
  };
}
