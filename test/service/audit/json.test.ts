// SPDX-License-Identifier: AGPL-3.0-only
import { describe, expect, it } from "vitest";
import { canonicalText, type JsonValue, parseCanonicalText } from "../../../service/audit/json.ts";
import { type CanonicalVectors, readVectors } from "../core/vectors.ts";

const vectors = readVectors<CanonicalVectors>("canonical");
const bytesOf = (hex: string) => Buffer.from(hex.slice(2), "hex");

describe("the auditor's canonical JSON", () => {
  it.each(vectors.values.map((vector) => [vector.name, vector] as const))("%s", (_, { value, bytes }) => {
    expect(Buffer.from(canonicalText(value as JsonValue)).toString("hex")).toBe(bytes.slice(2));
    expect(parseCanonicalText(bytesOf(bytes))).toEqual(value);
  });

  it.each(vectors.refused.map(({ name, bytes }) => [name, bytes] as const))("is not %s", (_, bytes) => {
    expect(parseCanonicalText(bytesOf(bytes))).toBeUndefined();
  });

  it("has no text for what JSON cannot keep", () => {
    for (const value of [0.5, -0, 2 ** 53, Number.NaN]) {
      const message = `${value} is not a whole number that JSON keeps exactly`;
      expect(() => canonicalText([value])).toThrow(new RangeError(message));
    }
    for (const value of ["a\ud800", { "\udc00": 1 }]) {
      expect(() => canonicalText(value)).toThrow(new RangeError("half a surrogate pair is no character"));
    }
  });
});
