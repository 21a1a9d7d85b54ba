// SPDX-License-Identifier: AGPL-3.0-only
import { beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../../service/core/errors.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy, parsePolicy, policyFromJson, policyHash } from "../../../service/core/policy.ts";
import type { Hex, Policy } from "../../../service/core/types.ts";
import { readVectors } from "./vectors.ts";

beforeAll(initKeccak);

const { policies } = readVectors<{ policies: { name: string; canonical: string; hash: Hex }[] }>("policies");
const parse = (json: string) => parsePolicy(new TextEncoder().encode(json));
const standard = policies[0]?.canonical as string;

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
  it.each([
    ["no guards", { guards: undefined }, "policy.guards"],
    ["an unknown key", { note: 1 }, "policy.note"],
    ["another version", { version: 2 }, "policy.version"],
    ["an unknown id", { id: "random" }, "policy.id"],
    ["parameters of another policy", { id: "min-share" }, "policy.params.boostDenominator"],
    ["parameters where there are none", { id: "work" }, "policy.params.capDenominator"],
    [
      "a number for money",
      { params: { capNumerator: 1, capDenominator: "100" } },
      "policy.params.capNumerator",
    ],
    [
      "a denominator of 0",
      { params: { capNumerator: "1", capDenominator: "0" } },
      "policy.params.capDenominator",
    ],
    [
      "a numerator of 0",
      { params: { capNumerator: "0", capDenominator: "1" } },
      "policy.params.capNumerator",
    ],
    [
      "a numerator beyond 128 bits",
      { params: { capNumerator: String(1n << 128n), capDenominator: "1" } },
      "policy.params.capNumerator",
    ],
    ["a fee match of 0", { guards: { feeMatchBps: 0 } }, "policy.guards.feeMatchBps"],
    ["a fee match in a string", { guards: { feeMatchBps: "9000" } }, "policy.guards.feeMatchBps"],
    ["a fee match beyond 100 times", { guards: { feeMatchBps: 1_000_001 } }, "policy.guards.feeMatchBps"],
    ["a minimum stake below 0", { guards: { minStake: "-1" } }, "policy.guards.minStake"],
    ["exclusions that are no list", { guards: { exclusions: {} } }, "policy.guards.exclusions"],
    [
      "an exclusion without a reason",
      { guards: { exclusions: [{ prover: `0x${"a1".repeat(20)}`, reason: "" }] } },
      "policy.guards.exclusions[0].reason",
    ],
    [
      "an exclusion of no address",
      { guards: { exclusions: [{ prover: "0xa1", reason: "r" }] } },
      "policy.guards.exclusions[0].prover",
    ],
    ["a continuation at a number", { continuation: { block: 900 } }, "policy.continuation.block"],
    ["guards that are no object", { guards: null }, "policy.guards"],
  ])("%s", (_, change: Record<string, unknown>, field) => {
    const base = JSON.parse(standard) as Record<string, Record<string, unknown>>;
    const { guards } = change;
    const merged = {
      ...base,
      ...change,
      ...(guards === undefined || guards === null ? {} : { guards: { ...base.guards, ...guards } }),
    };
    const value = JSON.parse(JSON.stringify(merged)) as unknown;
    let caught: unknown;
    try {
      policyFromJson(value);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InputError);
    expect((caught as InputError).field).toBe(field);
  });

  it("a prover excluded twice", () => {
    const twice = ["a1", "A1"].map((digits) => ({ prover: `0x${digits.repeat(20)}`, reason: "r" }));
    const value = {
      ...JSON.parse(standard),
      guards: { exclusions: twice, feeMatchBps: null, minStake: "0" },
    };
    expect(() => policyFromJson(value)).toThrow(/is excluded twice/);
  });
});

it("only the canonical bytes are parsed", () => {
  const prover = `0x${"a1".repeat(20)}`;
  const other = `0x${"b2".repeat(20)}`;
  const withExclusions = (...provers: string[]) =>
    standard.replace("[]", `[${provers.map((address) => `{"prover":"${address}","reason":"r"}`).join(",")}]`);
  expect(parse(withExclusions(prover, other)).guards.exclusions).toHaveLength(2);
  expect(() => parse(withExclusions(other, prover))).toThrow(/canonical form at byte/);
  expect(() => parse(withExclusions(prover.toUpperCase().replace("X", "x")))).toThrow(
    /canonical form at byte/,
  );
  expect(() => parse(` ${standard}`)).toThrow(/canonical form/);
  expect(() => parse(standard.replace('"minStake":"0"', '"minStake":"0","minStake":"0"'))).toThrow(
    /canonical form/,
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
