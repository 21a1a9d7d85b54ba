// SPDX-License-Identifier: AGPL-3.0-only
import { assertSameBytes, encodeCanonical, type Json, parseCanonical } from "./canonical.ts";
import { InputError } from "./errors.ts";
import { asAddress, asArray, asCount, asDecimal, asHash, asObject, asRecord } from "./guard.ts";
import { keccakHex } from "./keccak.ts";
import { byProver } from "./order.ts";
import type {
  Campaign,
  Exclusion,
  FeeMatch,
  Guards,
  Hex,
  ListedRequester,
  Policy,
  PolicyRule,
  PolicyV2,
  ProgramMultiplier,
} from "./types.ts";

const MAX_UINT128 = (1n << 128n) - 1n;
const MAX_REASON = 200;
const MAX_FEE_MATCH_BPS = 1_000_000;
const MAX_MULTIPLIER_BPS = 1_000_000;
const ALL_BPS = 10_000;
/** A distributor takes no longer one. */
const MAX_BYTES = 16_384;
/** The latest version that this release runs. */
const VERSION = 2;

/**
 * The policy that canonical bytes stand for, as a distributor emits them.
 * @throws InputError for any other bytes, naming the field, and for `programs` beside this market (SPEC, 8.2).
 */
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
  if (policy.version === 2 && policy.programs !== null) {
    throw new InputError(
      "invalid",
      "policy.programs",
      "the market's logs carry multipliers of their own",
      "write null: programs are for networks whose logs carry none",
    );
  }
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

/** The version that canonical bytes name; 0 for any other bytes. */
function versionOf(bytes: Uint8Array): number {
  try {
    const { version } = asObject(parseCanonical(bytes), "policy");
    return asCount(version, "policy.version");
  } catch {
    return 0;
  }
}

/**
 * Canonical UTF-8 bytes: what a distributor is given and what `policyHash` hashes.
 * @throws InputError, naming the field that is not what it should be.
 */
export function encodePolicy(policy: Policy): Uint8Array {
  return encodeCanonical(policyToJson(policy));
}

/** keccak256 of a policy's canonical JSON, as the distributor holds it. @throws InputError for what is no policy. */
export function policyHash(policy: Policy): Hex {
  return keccakHex(encodePolicy(policy));
}

/**
 * Checks every field and brings the policy into one form: addresses lower-case, exclusions in ascending order.
 * @throws InputError, naming the field that is not what it should be.
 */
export function policyFromJson(value: unknown): Policy {
  const { version } = asObject(value, "policy");
  const isSecond = version === 2;
  // Another version has other keys.
  if (version !== undefined && version !== 1 && !isSecond) {
    throw new InputError(
      "invalid",
      "policy.version",
      "unknown version",
      "this release runs versions 1 and 2",
    );
  }
  const record = asRecord(value, "policy", isSecond ? KEYS_2 : KEYS_1, ["continuation"]);
  const rule = ruleFromJson(record.id, record.params);
  const policy: Policy = isSecond
    ? secondFromJson(record, rule)
    : { version: 1, guards: guardsFromJson(record.guards), ...rule };
  if (record.continuation === undefined) return policy;
  const { block } = asRecord(record.continuation, "policy.continuation", ["block"]);
  return { ...policy, continuation: { block: asDecimal(block, "policy.continuation.block") } };
}

/**
 * Numbers as decimal texts, in the order of SPEC.md. A policy built by hand is held to the same rules, and to the
 * same order of its lists, as one that was read.
 * @throws InputError, naming the field that is not what it should be.
 */
export function policyToJson(policy: Policy): { readonly [key: string]: Json } {
  return jsonOf(policyFromJson(jsonOf(policy)));
}

function jsonOf(policy: Policy): { readonly [key: string]: Json } {
  const { exclusions, minStake } = policy.guards;
  const guards = {
    exclusions: exclusions.map(({ prover, reason }) => ({ prover, reason })),
    minStake: String(minStake),
  };
  const json = {
    version: policy.version,
    id: policy.id,
    params: Object.fromEntries(Object.entries(policy.params).map(([key, value]) => [key, String(value)])),
    ...(policy.continuation && { continuation: { block: String(policy.continuation.block) } }),
  };
  if (policy.version === 1) return { ...json, guards: { ...guards, feeMatchBps: policy.guards.feeMatchBps } };
  return {
    ...json,
    guards,
    campaigns: policy.campaigns.map(({ requesters, partBps, feeMatch }) => ({
      requesters: requesters?.map(({ requester, reason }) => ({ requester, reason })) ?? null,
      partBps,
      feeMatch: feeMatch && { of: feeMatch.of, bps: feeMatch.bps },
    })),
    programs: policy.programs?.map(({ vk, multiplierBps }) => ({ vk, multiplierBps })) ?? null,
  };
}

const KEYS_1 = ["guards", "id", "params", "version"];
const KEYS_2 = ["campaigns", "guards", "id", "params", "programs", "version"];

function secondFromJson(record: Record<string, unknown>, rule: PolicyRule): PolicyV2 {
  if (rule.id === "min-share") {
    throw new InputError(
      "invalid",
      "policy.id",
      "version 2 has no min-share: under it a single job of dust takes others' rewards",
      'choose "capped" or "work"',
    );
  }
  const guards = asRecord(record.guards, "policy.guards", ["exclusions", "minStake"]);
  return {
    version: 2,
    ...rule,
    campaigns: campaignsFromJson(record.campaigns),
    guards: {
      exclusions: exclusionsFromJson(guards.exclusions, "policy.guards.exclusions"),
      minStake: asDecimal(guards.minStake, "policy.guards.minStake", MAX_UINT128),
    },
    programs: record.programs === null ? null : programsFromJson(record.programs),
  };
}

function campaignsFromJson(value: unknown): Campaign[] {
  const field = "policy.campaigns";
  const list = asArray(value, field);
  if (list.length === 0)
    throw new InputError("invalid", field, "no campaign", "list at least one: without any nobody is paid");
  const campaigns = list.map((item, i): Campaign => {
    const at = `${field}[${i}]`;
    const record = asRecord(item, at, ["feeMatch", "partBps", "requesters"]);
    return {
      requesters:
        record.requesters === null ? null : requestersFromJson(record.requesters, `${at}.requesters`),
      partBps: asCount(record.partBps, `${at}.partBps`, ALL_BPS, 1),
      feeMatch: record.feeMatch === null ? null : feeMatchFromJson(record.feeMatch, `${at}.feeMatch`),
    };
  });
  const parts = campaigns.reduce((sum, { partBps }) => sum + partBps, 0);
  if (parts > ALL_BPS) {
    throw new InputError(
      "out-of-range",
      field,
      `the parts come to ${parts} bps, more than the budget`,
      `give parts that sum to at most ${ALL_BPS}`,
    );
  }
  const seen = new Set<string>();
  campaigns.forEach(({ requesters }, i) => {
    for (const requester of requesters?.map((listed) => listed.requester) ?? ["everybody not listed"]) {
      if (seen.has(requester)) {
        throw new InputError(
          "duplicate",
          `${field}[${i}].requesters`,
          `${requester} is in two campaigns`,
          "let each requester, and null, stand once",
        );
      }
      seen.add(requester);
    }
  });
  return campaigns;
}

function requestersFromJson(value: unknown, field: string): ListedRequester[] {
  const listed = asArray(value, field).map((item, i) => {
    const at = `${field}[${i}]`;
    const { requester, reason } = asRecord(asObject(item, at), at, ["reason", "requester"]);
    return {
      requester: asAddress(requester, `${at}.requester`),
      reason: reasonFrom(reason, `${at}.reason`),
    };
  });
  if (listed.length === 0) {
    throw new InputError(
      "invalid",
      field,
      "nobody is listed",
      "list requesters, or write null for everybody else",
    );
  }
  return listed.sort((a, b) => (a.requester < b.requester ? -1 : 1));
}

function feeMatchFromJson(value: unknown, field: string): FeeMatch {
  const { of, bps } = asRecord(value, field, ["bps", "of"]);
  if (of !== "protocol-fee" && of !== "fee") {
    throw new InputError("invalid", `${field}.of`, "unknown kind of fee", 'write "protocol-fee" or "fee"');
  }
  return { of, bps: asCount(bps, `${field}.bps`, MAX_FEE_MATCH_BPS, 1) };
}

function programsFromJson(value: unknown): ProgramMultiplier[] {
  const field = "policy.programs";
  const programs = asArray(value, field).map((item, i) => {
    const at = `${field}[${i}]`;
    const { vk, multiplierBps } = asRecord(item, at, ["multiplierBps", "vk"]);
    return {
      vk: asHash(vk, `${at}.vk`),
      multiplierBps: asCount(multiplierBps, `${at}.multiplierBps`, MAX_MULTIPLIER_BPS, 1),
    };
  });
  programs.sort((a, b) => (a.vk < b.vk ? -1 : 1));
  programs.forEach(({ vk }, i) => {
    if (vk === programs[i - 1]?.vk) {
      throw new InputError("duplicate", field, `${vk} is listed twice`, "list each program once");
    }
  });
  return programs;
}

/**
 * The weight of a fee in wei, in wei times bps, where logs carry no multipliers: 0 for a program that is not listed.
 */
export function weightOf(programs: readonly ProgramMultiplier[], vk: Hex, fee: bigint): bigint {
  return fee * BigInt(programs.find((program) => program.vk === vk)?.multiplierBps ?? 0);
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
    return { prover: asAddress(prover, `${at}.prover`), reason: reasonFrom(reason, `${at}.reason`) };
  });
  exclusions.sort(byProver);
  exclusions.forEach(({ prover }, i) => {
    if (prover === exclusions[i - 1]?.prover) {
      throw new InputError("duplicate", field, `${prover} is excluded twice`, "list each prover once");
    }
  });
  return exclusions;
}

function reasonFrom(reason: unknown, field: string): string {
  if (typeof reason !== "string" || reason.length === 0 || reason.length > MAX_REASON) {
    throw new InputError("invalid", field, "no usable reason", `say why in 1 to ${MAX_REASON} characters`);
  }
  return reason;
}
