// SPDX-License-Identifier: AGPL-3.0-only
import type { Campaign, LimitedBy, Policy, PolicyV1, PolicyV2, ProverInput } from "../core/types.ts";
import {
  canonicalText,
  isList,
  isObject,
  type JsonObject,
  type JsonValue,
  parseCanonicalText,
} from "./json.ts";

export interface Award {
  readonly amount: bigint;
  readonly limitedBy: LimitedBy;
}

/**
 * What each prover gets of `offered`, in wei, under a policy of version 1, in the order given. Every step rounds
 * down; under `work` the largest remainders get what is left over (SPEC, 7).
 */
export function awards(policy: PolicyV1, offered: bigint, provers: readonly ProverInput[]): Award[] {
  const work = sum(provers.map((prover) => prover.work));
  if (work === 0n) return provers.map(() => ({ amount: 0n, limitedBy: "none" }));
  const stakeOfWorkers = sum(provers.filter((prover) => prover.work > 0n).map((prover) => prover.stake));
  const shares = provers.map((prover) => (offered * prover.work) / work);
  if (policy.id === "work") spreadRest(offered, work, provers, shares);
  const excluded = new Set(policy.guards.exclusions.map((exclusion) => exclusion.prover));

  return provers.map((prover, i) => {
    const limits: [LimitedBy, bigint][] = [];
    if (excluded.has(prover.prover)) limits.push(["excluded", 0n]);
    if (prover.stake < policy.guards.minStake) limits.push(["min-stake", 0n]);
    if (policy.id === "capped") {
      limits.push(["stake", (prover.stake * policy.params.capNumerator) / policy.params.capDenominator]);
    }
    if (policy.id === "min-share") {
      const { boostNumerator, boostDenominator } = policy.params;
      const divisor = boostDenominator * stakeOfWorkers;
      limits.push(["stake", divisor === 0n ? 0n : (offered * boostNumerator * prover.stake) / divisor]);
    }
    if (policy.guards.feeMatchBps !== null) {
      limits.push(["fee-match", (BigInt(policy.guards.feeMatchBps) * prover.protocolFees) / 10_000n]);
    }
    let award: Award = { amount: shares[i] ?? 0n, limitedBy: "none" };
    for (const [limitedBy, limit] of limits) {
      if (limit < award.amount) award = { amount: limit, limitedBy };
    }
    return award;
  });
}

/** Gives the wei that flooring left over to the largest remainders, one each, the lower address first among equals. */
export function spreadRest(
  offered: bigint,
  work: bigint,
  provers: readonly ProverInput[],
  shares: bigint[],
): void {
  const rest = Number(offered - sum(shares));
  const remainder = (i: number) => (offered * (provers[i] as ProverInput).work) % work;
  const order = [...provers.keys()].sort((a, b) => {
    const difference = remainder(b) - remainder(a);
    if (difference !== 0n) return difference > 0n ? 1 : -1;
    return (provers[a] as ProverInput).prover < (provers[b] as ProverInput).prover ? -1 : 1;
  });
  for (const i of order.slice(0, rest)) shares[i] = (shares[i] as bigint) + 1n;
}

/** The policy that a segment's bytes stand for; undefined if no release of ours would run them. */
export function readPolicy(bytes: Uint8Array): Policy | undefined {
  const json = parseCanonicalText(bytes);
  if (!isObject(json)) return undefined;
  if (json.version === 2) return readSecond(json);
  if (json.version !== 1) return undefined;
  const known = ["continuation", "guards", "id", "params", "version"];
  const { id, params, guards, continuation } = json;
  if (Object.keys(json).some((key) => !known.includes(key)) || !isObject(params) || !isObject(guards)) {
    return undefined;
  }
  const rule = readRule(id, params);
  const checkedGuards = readGuards(guards);
  if (rule === undefined || checkedGuards === undefined) return undefined;
  const policy = { version: 1, guards: checkedGuards, ...rule } as Policy;
  return withContinuation(policy, continuation);
}

function withContinuation(policy: Policy, continuation: JsonValue | undefined): Policy | undefined {
  if (continuation === undefined) return policy;
  if (!hasKeys(continuation, ["block"])) return undefined;
  const block = decimal(continuation.block, 256n);
  return block === undefined ? undefined : { ...policy, continuation: { block } };
}

/** The latest version that `readPolicy` knows. */
const LATEST_VERSION = 2;

/** Whether a later release may run bytes that this one cannot. */
export function isOfLaterVersion(bytes: Uint8Array): boolean {
  const json = parseCanonicalText(bytes);
  return isObject(json) && typeof json.version === "number" && json.version > LATEST_VERSION;
}

function readSecond({ continuation, ...json }: JsonObject): Policy | undefined {
  if (!hasKeys(json, ["campaigns", "guards", "id", "params", "programs", "version"])) return undefined;
  const { campaigns: listed, guards, id, params, programs: rated } = json;
  if (!isObject(params) || !hasKeys(guards, ["exclusions", "minStake"]) || id === "min-share")
    return undefined;
  const rule = readRule(id, params);
  const checked = readGuards({ ...guards, feeMatchBps: null });
  const campaigns = readCampaigns(listed);
  const programs = rated === null ? null : readPrograms(rated);
  if (rule === undefined || checked === undefined || campaigns === undefined || programs === undefined) {
    return undefined;
  }
  const { exclusions, minStake } = checked;
  const policy = {
    version: 2,
    ...rule,
    campaigns,
    guards: { exclusions, minStake },
    programs,
  } as unknown as Policy;
  return withContinuation(policy, continuation);
}

function readCampaigns(listed: JsonValue | undefined): Campaign[] | undefined {
  if (!isList(listed) || listed.length === 0) return undefined;
  const campaigns: Campaign[] = [];
  const everybody = "everybody else";
  const seen = new Set<string>();
  let parts = 0;
  for (const item of listed) {
    if (!hasKeys(item, ["feeMatch", "partBps", "requesters"])) return undefined;
    const { feeMatch, partBps, requesters } = item;
    if (!isBps(partBps, 10_000)) return undefined;
    parts += partBps;
    if (feeMatch !== null) {
      if (!hasKeys(feeMatch, ["bps", "of"]) || !isBps(feeMatch.bps, 1_000_000)) return undefined;
      if (feeMatch.of !== "fee" && feeMatch.of !== "protocol-fee") return undefined;
    }
    const names = requesters === null ? [everybody] : readListed(requesters, "requester");
    if (names === undefined || names.length === 0) return undefined;
    for (const name of names) {
      const key = typeof name === "string" ? name : name.address;
      if (seen.has(key)) return undefined;
      seen.add(key);
    }
    campaigns.push({
      requesters:
        requesters === null
          ? null
          : names.flatMap((name) =>
              typeof name === "string" ? [] : [{ requester: name.address, reason: name.reason }],
            ),
      partBps,
      feeMatch: feeMatch as Campaign["feeMatch"],
    });
  }
  return parts > 10_000 ? undefined : campaigns;
}

function readPrograms(listed: JsonValue | undefined): PolicyV2["programs"] | undefined {
  if (!isList(listed)) return undefined;
  const programs: { vk: `0x${string}`; multiplierBps: number }[] = [];
  for (const item of listed) {
    if (!hasKeys(item, ["multiplierBps", "vk"])) return undefined;
    const { vk, multiplierBps } = item;
    if (typeof vk !== "string" || !/^0x[0-9a-f]{64}$/.test(vk) || !isBps(multiplierBps, 1_000_000)) {
      return undefined;
    }
    const before = programs.at(-1)?.vk;
    if (before !== undefined && before >= vk) return undefined;
    programs.push({ vk: vk as `0x${string}`, multiplierBps });
  }
  return programs;
}

function isBps(value: JsonValue | undefined, most: number): value is number {
  return typeof value === "number" && value >= 1 && value <= most;
}

/** How a policy stands in an artifact. */
export function policyJson(policy: Policy): JsonObject {
  const params: Record<string, string> = {};
  for (const [key, value] of Object.entries(policy.params)) params[key] = String(value);
  const { exclusions, minStake } = policy.guards;
  return {
    version: policy.version,
    id: policy.id,
    params,
    guards: {
      exclusions: [...exclusions]
        .sort((a, b) => (a.prover < b.prover ? -1 : 1))
        .map(({ prover, reason }) => ({ prover, reason })),
      ...(policy.version === 1 && { feeMatchBps: policy.guards.feeMatchBps }),
      minStake: String(minStake),
    },
    ...(policy.version === 2 && {
      campaigns: policy.campaigns.map(campaignJson),
      programs: programsJson(policy),
    }),
    ...(policy.continuation && { continuation: { block: String(policy.continuation.block) } }),
  };
}

function campaignJson({ requesters, partBps, feeMatch }: Campaign): JsonObject {
  return {
    requesters:
      requesters &&
      [...requesters]
        .sort((a, b) => (a.requester < b.requester ? -1 : 1))
        .map(({ requester, reason }) => ({ requester, reason })),
    partBps,
    feeMatch: feeMatch && { of: feeMatch.of, bps: feeMatch.bps },
  };
}

function programsJson({ programs }: PolicyV2): JsonValue {
  return programs?.map(({ vk, multiplierBps }) => ({ vk, multiplierBps })) ?? null;
}

/** A policy's canonical form in UTF-8, which its hash is of. */
export function policyBytes(policy: Policy): Uint8Array {
  return new TextEncoder().encode(canonicalText(policyJson(policy)));
}

function readRule(id: JsonValue | undefined, params: JsonObject) {
  const pair = (numerator: string, denominator: string) => {
    if (!hasKeys(params, [numerator, denominator])) return undefined;
    const values = [decimal(params[numerator], 128n), decimal(params[denominator], 128n)];
    return values.some((value) => value === undefined || value === 0n)
      ? undefined
      : { id, params: { [numerator]: values[0], [denominator]: values[1] } };
  };
  if (id === "capped") return pair("capNumerator", "capDenominator");
  if (id === "min-share") return pair("boostNumerator", "boostDenominator");
  return id === "work" && hasKeys(params, []) ? { id, params: {} } : undefined;
}

function readGuards(guards: JsonObject): PolicyV1["guards"] | undefined {
  if (!hasKeys(guards, ["exclusions", "feeMatchBps", "minStake"])) return undefined;
  const { feeMatchBps, exclusions: listed } = guards;
  const minStake = decimal(guards.minStake, 128n);
  if (
    feeMatchBps !== null &&
    !(typeof feeMatchBps === "number" && feeMatchBps >= 1 && feeMatchBps <= 1_000_000)
  ) {
    return undefined;
  }
  const named = readListed(listed, "prover");
  if (minStake === undefined || named === undefined) return undefined;
  const exclusions = named.map(({ address: prover, reason }) => ({ prover, reason }));
  return { exclusions, feeMatchBps, minStake };
}

/** Addresses with reasons, ascending. */
function readListed(listed: JsonValue | undefined, key: "prover" | "requester") {
  if (!isList(listed)) return undefined;
  const named: { address: `0x${string}`; reason: string }[] = [];
  for (const item of listed) {
    if (!hasKeys(item, [key, "reason"])) return undefined;
    const { [key]: address, reason } = item;
    if (typeof address !== "string" || !/^0x[0-9a-f]{40}$/.test(address)) return undefined;
    if (typeof reason !== "string" || reason.length < 1 || reason.length > 200) return undefined;
    if (/\p{Surrogate}/u.test(reason)) return undefined;
    const before = named.at(-1)?.address;
    if (before !== undefined && before >= address) return undefined;
    named.push({ address: address as `0x${string}`, reason });
  }
  return named;
}

function hasKeys(value: JsonValue | undefined, keys: readonly string[]): value is JsonObject {
  return isObject(value) && Object.keys(value).sort().join() === [...keys].sort().join();
}

function decimal(value: JsonValue | undefined, bits: bigint): bigint | undefined {
  if (typeof value !== "string" || !/^(0|[1-9][0-9]*)$/.test(value)) return undefined;
  const number = BigInt(value);
  return number < 1n << bits ? number : undefined;
}

/** 0 for none. */
export function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
