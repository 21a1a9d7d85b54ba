// SPDX-License-Identifier: AGPL-3.0-only
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../../service/core/errors.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import {
  encodePolicy,
  parsePolicy,
  policyFault,
  policyFromJson,
  policyHash,
} from "../../../service/core/policy.ts";
import type { PolicyV1 } from "../../../service/core/types.ts";
import { refusalOf } from "../helpers/refusal.ts";
import { anyPolicy } from "./arbitrary.ts";
import { type PolicyVectors, readVectors } from "./vectors.ts";

beforeAll(initKeccak);

const vectors = readVectors<PolicyVectors>("policies");
const { policies } = vectors;
const parse = (json: string) => parsePolicy(new TextEncoder().encode(json));

const EXCLUSION = { prover: `0x${"e1".repeat(20)}`, reason: "r" } as const;

describe("a policy has the bytes and the hash of the vector:", () => {
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
    expect(refusalOf(() => policyFromJson(policy)).field).toBe(field);
  });

  it("in the words that a person needs", () => {
    const of = (name: string) => {
      const policy = vectors.refused.find((vector) => vector.name === name)?.policy;
      const { code, message, hint } = refusalOf(() => policyFromJson(policy));
      return [code, message, hint];
    };
    expect(of("another version")).toEqual([
      "invalid",
      "unknown version",
      "this release runs versions 1 and 2",
    ]);
    expect(of("an unknown id")).toEqual([
      "invalid",
      "unknown policy",
      'choose "capped", "min-share" or "work"',
    ]);
    expect(of("an exclusion with an empty reason")).toEqual([
      "invalid",
      "no usable reason",
      "say why in 1 to 200 characters",
    ]);
    expect(of("a prover excluded twice")).toEqual([
      "duplicate",
      `0x${"a1".repeat(20)} is excluded twice`,
      "list each prover once",
    ]);
  });

  it("every limit itself is taken", () => {
    const [one, most] = ["1", String((1n << 128n) - 1n)];
    const exclusion = { prover: `0x${"a1".repeat(20)}`, reason: "r".repeat(200) };
    for (const feeMatchBps of [1, 1_000_000]) {
      const guards = { exclusions: [exclusion], feeMatchBps, minStake: most };
      const params = { capNumerator: one, capDenominator: most };
      const policy = policyFromJson({ version: 1, id: "capped", params, guards });
      expect(policyFromJson(JSON.parse(new TextDecoder().decode(encodePolicy(policy))))).toEqual(policy);
    }
  });
});

describe("only the canonical bytes are parsed", () => {
  it.each(vectors.notCanonical.map(({ name, text }) => [name, text] as const))("not %s", (_, text) => {
    expect(() => parse(text)).toThrow(InputError);
    const tidied = JSON.parse(text.replace(/^\ufeff/, "")) as unknown;
    expect(() => encodePolicy(policyFromJson(tidied))).not.toThrow();
  });
});

it.each(vectors.unrunnable.map((vector) => [vector.name, vector] as const))(
  "%s: cannot be run, and the fault says whether a later release may",
  (_, { text, later }) => {
    expect(policyFault(new TextEncoder().encode(text))?.newer).toBe(later);
  },
);

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
      const changed: PolicyV1[] = [
        { ...policy, guards: { ...guards, minStake: guards.minStake === 0n ? 1n : guards.minStake - 1n } },
        { ...policy, guards: { ...guards, feeMatchBps: guards.feeMatchBps === null ? 1 : null } },
        { ...policy, guards: { ...guards, exclusions: guards.exclusions.length > 0 ? [] : [EXCLUSION] } },
        { ...policy, continuation: { block: (policy.continuation?.block ?? 0n) + 1n } },
      ];
      for (const { params } of [policy]) {
        for (const [key, value] of Object.entries(params)) {
          const next = value === 1n ? 2n : value - 1n;
          changed.push({ ...policy, params: { ...params, [key]: next } } as PolicyV1);
        }
      }
      const hashes = [policy, ...changed].map(policyHash);
      expect(new Set(hashes).size).toBe(hashes.length);
    }),
  );
});

it("a policy built by hand is brought into the same form", () => {
  const policy: PolicyV1 = {
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
