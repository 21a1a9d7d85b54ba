// SPDX-License-Identifier: AGPL-3.0-only
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../../service/core/errors.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy, parsePolicy, policyFromJson, policyHash } from "../../../service/core/policy.ts";
import type { Policy } from "../../../service/core/types.ts";
import { anyPolicy } from "./arbitrary.ts";
import { type PolicyVectors, readVectors } from "./vectors.ts";

beforeAll(initKeccak);

const vectors = readVectors<PolicyVectors>("policies");
const { policies } = vectors;
const parse = (json: string) => parsePolicy(new TextEncoder().encode(json));

const EXCLUSION = { prover: `0x${"e1".repeat(20)}`, reason: "r" } as const;

describe("policy vectors", () => {
  it.each(policies.map((policy) => [policy.name, policy] as const))("%s", (_, { canonical, hash }) => {
    const policy = parse(canonical);
    expect(new TextDecoder().decode(encodePolicy(policy))).toBe(canonical);
    expect(policyHash(policy)).toBe(hash);
  });

  it("no two of them share a hash", () => {
    expect(new Set(policies.map(({ hash }) => hash)).size).toBe(policies.length);
  });
});

describe("a policy with one mistake names the field", () => {
  it.each(vectors.refused.map((vector) => [vector.name, vector] as const))("%s", (_, { policy, field }) => {
    let caught: unknown;
    try {
      policyFromJson(policy);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InputError);
    expect((caught as InputError).field).toBe(field);
    expect((caught as InputError).hint).not.toBe("");
  });
});

describe("only the canonical bytes are parsed", () => {
  it.each(vectors.notCanonical.map(({ name, text }) => [name, text] as const))("not %s", (_, text) => {
    expect(() => parse(text)).toThrow(InputError);
    const tidied = JSON.parse(text.replace(/^\ufeff/, "")) as unknown;
    expect(() => encodePolicy(policyFromJson(tidied))).not.toThrow();
  });
});

it("every field is bound by the bytes, and by nothing else: they say which policy it is", () => {
  fc.assert(
    fc.property(anyPolicy, anyPolicy, (one, other) => {
      expect(parsePolicy(encodePolicy(one))).toEqual(one);
      expect(policyHash(one) === policyHash(other)).toBe(isDeepStrictEqual(one, other));
    }),
  );
  fc.assert(
    fc.property(anyPolicy, (policy) => {
      const { guards } = policy;
      const changed: Policy[] = [
        { ...policy, guards: { ...guards, minStake: guards.minStake === 0n ? 1n : guards.minStake - 1n } },
        { ...policy, guards: { ...guards, feeMatchBps: guards.feeMatchBps === null ? 1 : null } },
        { ...policy, guards: { ...guards, exclusions: guards.exclusions.length > 0 ? [] : [EXCLUSION] } },
        { ...policy, continuation: { block: (policy.continuation?.block ?? 0n) + 1n } },
      ];
      for (const { params } of [policy]) {
        for (const [key, value] of Object.entries(params)) {
          const next = value === 1n ? 2n : value - 1n;
          changed.push({ ...policy, params: { ...params, [key]: next } } as Policy);
        }
      }
      const hashes = [policy, ...changed].map(policyHash);
      expect(new Set(hashes).size).toBe(hashes.length);
    }),
  );
});

it("a policy built by hand is brought into the same form", () => {
  const policy: Policy = {
    version: 1,
    id: "work",
    params: {},
    guards: {
      exclusions: [
        { prover: `0x${"B2".repeat(20)}`, reason: "second" },
        { prover: `0x${"a1".repeat(20)}`, reason: "first" },
      ],
      feeMatchBps: null,
      minStake: 0n,
    },
  };
  expect(parsePolicy(encodePolicy(policy)).guards.exclusions.map(({ reason }) => reason)).toEqual([
    "first",
    "second",
  ]);
  expect(() => policyHash({ ...policy, guards: { ...policy.guards, minStake: -1n } })).toThrow(/minStake/);
});
