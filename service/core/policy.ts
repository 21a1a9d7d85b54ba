// SPDX-License-Identifier: AGPL-3.0-only
import { assertSameBytes, encodeCanonical, type Json, parseCanonical } from "./canonical.ts";
import { InputError } from "./errors.ts";
import { asAddress, asArray, asCount, asDecimal, asObject, asRecord } from "./guard.ts";
import { keccakHex } from "./keccak.ts";
import { byProver } from "./order.ts";
import type { Exclusion, Guards, Hex, Policy, PolicyRule } from "./types.ts";

const MAX_UINT128 = (1n << 128n) - 1n;
const MAX_REASON = 200;
const MAX_FEE_MATCH_BPS = 1_000_000;
/** A distributor takes no longer one. */
const MAX_BYTES = 16_384;
/** The latest version that this release runs. */
const VERSION = 1;

/** The policy that canonical bytes stand for, as a distributor emits them; any other bytes are an error. */
export function parsePolicy(bytes: Uint8Array): Policy {
  if (bytes.length > MAX_BYTES) {
    throw new InputError(
      "out-of-range",
      "policy",
      `${bytes.length} bytes in canonical form`,
      `a distributor takes ${MAX_BYTES}: shorten the reasons, or exclude fewer provers`,
    );
  }
  const policy = policyFromJson(parseCanonical(bytes));
  assertSameBytes(bytes, encodePolicy(policy), "policy");
  return policy;
}

/** Why nobody can run a policy's bytes. */
export interface PolicyFault {
  readonly reason: string;
  readonly hint: string;
  /** Of a version that this release does not know: a later one may run it. */
  readonly newer: boolean;
}

/** What is wrong with a policy's bytes, as a distributor is given them or has emitted them; undefined if they can be run. */
export function policyFault(bytes: Uint8Array): PolicyFault | undefined {
  try {
    parsePolicy(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { reason: error.message, hint: error.hint, newer: versionOf(bytes) > VERSION };
  }
}

function versionOf(bytes: Uint8Array): number {
  try {
    const { version } = asObject(JSON.parse(new TextDecoder().decode(bytes)), "policy");
    return asCount(version, "policy.version");
  } catch {
    return 0;
  }
}

/** Canonical UTF-8 bytes: what a distributor is given and what `policyHash` hashes. */
export function encodePolicy(policy: Policy): Uint8Array {
  return encodeCanonical(policyToJson(policy));
}

/** keccak256 of a policy's canonical JSON, as the distributor holds it. */
export function policyHash(policy: Policy): Hex {
  return keccakHex(encodePolicy(policy));
}

/** Checks every field and brings the policy into one form: addresses lower-case, exclusions in ascending order. */
export function policyFromJson(value: unknown): Policy {
  const record = asRecord(value, "policy", ["guards", "id", "params", "version"], ["continuation"]);
  if (record.version !== 1) {
    throw new InputError("invalid", "policy.version", "unknown version", "this release runs version 1");
  }
  const policy: Policy = {
    version: 1,
    guards: guardsFromJson(record.guards),
    ...ruleFromJson(record.id, record.params),
  };
  if (record.continuation === undefined) return policy;
  const { block } = asRecord(record.continuation, "policy.continuation", ["block"]);
  return { ...policy, continuation: { block: asDecimal(block, "policy.continuation.block") } };
}

/** Numbers as decimal texts, in the order of SPEC.md. */
export function policyToJson(policy: Policy): { readonly [key: string]: Json } {
  const json = {
    version: policy.version,
    id: policy.id,
    params: Object.fromEntries(Object.entries(policy.params).map(([key, value]) => [key, String(value)])),
    guards: {
      exclusions: policy.guards.exclusions.map(({ prover, reason }) => ({ prover, reason })),
      feeMatchBps: policy.guards.feeMatchBps,
      minStake: String(policy.guards.minStake),
    },
  };
  const whole =
    policy.continuation === undefined
      ? json
      : { ...json, continuation: { block: String(policy.continuation.block) } };
  // A policy built by hand is held to the same rules, and to the same order of exclusions, as one that was read.
  const { exclusions } = policyFromJson(whole).guards;
  return {
    ...whole,
    guards: { ...whole.guards, exclusions: exclusions.map((exclusion) => ({ ...exclusion })) },
  };
}

function ruleFromJson(id: unknown, params: unknown): PolicyRule {
  const field = "policy.params";
  switch (id) {
    case "capped": {
      const record = asRecord(params, field, ["capDenominator", "capNumerator"]);
      return {
        id,
        params: {
          capNumerator: positive(record.capNumerator, `${field}.capNumerator`),
          capDenominator: positive(record.capDenominator, `${field}.capDenominator`),
        },
      };
    }
    case "min-share": {
      const record = asRecord(params, field, ["boostDenominator", "boostNumerator"]);
      return {
        id,
        params: {
          boostNumerator: positive(record.boostNumerator, `${field}.boostNumerator`),
          boostDenominator: positive(record.boostDenominator, `${field}.boostDenominator`),
        },
      };
    }
    case "work":
      asRecord(params, field, []);
      return { id, params: {} };
    default:
      throw new InputError(
        "invalid",
        "policy.id",
        "unknown policy",
        'choose "capped", "min-share" or "work"',
      );
  }
}

function positive(value: unknown, field: string): bigint {
  return asDecimal(value, field, MAX_UINT128, 1n);
}

function guardsFromJson(value: unknown): Guards {
  const field = "policy.guards";
  const record = asRecord(value, field, ["exclusions", "feeMatchBps", "minStake"]);
  const { feeMatchBps } = record;
  return {
    exclusions: exclusionsFromJson(record.exclusions, `${field}.exclusions`),
    feeMatchBps:
      feeMatchBps === null ? null : asCount(feeMatchBps, `${field}.feeMatchBps`, MAX_FEE_MATCH_BPS, 1),
    minStake: asDecimal(record.minStake, `${field}.minStake`, MAX_UINT128),
  };
}

function exclusionsFromJson(value: unknown, field: string): Exclusion[] {
  const exclusions = asArray(value, field).map((item, i) => {
    const at = `${field}[${i}]`;
    const { prover, reason } = asRecord(asObject(item, at), at, ["prover", "reason"]);
    if (typeof reason !== "string" || reason.length === 0 || reason.length > MAX_REASON) {
      throw new InputError(
        "invalid",
        `${at}.reason`,
        "no usable reason",
        `say why in 1 to ${MAX_REASON} characters`,
      );
    }
    return { prover: asAddress(prover, `${at}.prover`), reason };
  });
  exclusions.sort(byProver);
  exclusions.forEach(({ prover }, i) => {
    if (prover === exclusions[i - 1]?.prover) {
      throw new InputError("duplicate", field, `${prover} is excluded twice`, "list each prover once");
    }
  });
  return exclusions;
}
