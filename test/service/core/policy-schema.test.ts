// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import Schema from "typebox/schema";
import { describe, expect, it } from "vitest";
import schema from "../../../service/core/policy.schema.json" with { type: "json" };
import { policyToJson } from "../../../service/core/policy.ts";
import { anyPolicy } from "./arbitrary.ts";
import { type PolicyVectors, readVectors } from "./vectors.ts";

const validator = Schema.Compile(schema);
const vectors = readVectors<PolicyVectors>("policies");

/** What only `policy check` can say, as the schema's own description tells. */
const BEYOND_A_SCHEMA = [
  "a numerator of 2^128",
  "a minimum stake of 2^128",
  "a continuation beyond 256 bits",
  "a prover excluded twice",
  "parts above the budget",
  "a requester twice",
  "a requester in two campaigns",
  "everybody twice",
  "a program twice",
];

describe("the published JSON Schema", () => {
  it("accepts every policy", () => {
    for (const { canonical } of vectors.policies) expect(validator.Check(JSON.parse(canonical))).toBe(true);
    fc.assert(fc.property(anyPolicy, (policy) => validator.Check(policyToJson(policy))));
  });

  it.each(vectors.refused.map((vector) => [vector.name, vector] as const))("and %s", (name, { policy }) => {
    expect(validator.Check(policy)).toBe(BEYOND_A_SCHEMA.includes(name));
  });
});
