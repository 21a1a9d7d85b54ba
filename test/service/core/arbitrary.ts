// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import type { Address, Guards, PolicyRule, PolicyV1 } from "../../../service/core/types.ts";

const MAX_UINT128 = (1n << 128n) - 1n;

const positive = fc.oneof(fc.bigInt(1n, 1_000n), fc.bigInt(1n, MAX_UINT128));

const rule: fc.Arbitrary<PolicyRule> = fc.oneof(
  fc
    .tuple(positive, positive)
    .map(([n, d]): PolicyRule => ({ id: "capped", params: { capNumerator: n, capDenominator: d } })),
  fc
    .tuple(positive, positive)
    .map(([n, d]): PolicyRule => ({ id: "min-share", params: { boostNumerator: n, boostDenominator: d } })),
  fc.constant<PolicyRule>({ id: "work", params: {} }),
);

const exclusion = fc.record({
  prover: fc
    .uint8Array({ minLength: 20, maxLength: 20 })
    .map((bytes): Address => `0x${Buffer.from(bytes).toString("hex")}`),
  reason: fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }).filter(({ length }) => length <= 200),
});

const guards: fc.Arbitrary<Guards> = fc.record({
  exclusions: fc
    .uniqueArray(exclusion, { maxLength: 3, selector: ({ prover }) => prover })
    .map((list) => list.toSorted((a, b) => (a.prover < b.prover ? -1 : 1))),
  feeMatchBps: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
  minStake: fc.oneof(fc.constant(0n), positive),
});

/** Every policy that canonical bytes can stand for, in the form that they are read in. */
export const anyPolicy: fc.Arbitrary<PolicyV1> = fc
  .tuple(rule, guards, fc.option(fc.bigInt(0n, MAX_UINT128), { nil: undefined }))
  .map(
    ([{ id, params }, chosen, block]): PolicyV1 =>
      ({
        version: 1,
        id,
        params,
        guards: chosen,
        ...(block === undefined ? {} : { continuation: { block } }),
      }) as PolicyV1,
  );
