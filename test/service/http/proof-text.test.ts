// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import type { Static } from "typebox";
import { expect, it } from "vitest";
import { proofWriter } from "../../../service/http/proof-text.ts";
import { Proof } from "../../../service/http/schemas/provers.ts";

const hash = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map((n) => `0x${n.toString(16).padStart(64, "0")}`);
const address = hash.map((text) => text.slice(0, 42));
const amount = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }).map(String);
const proof = fc.record({
  prover: address,
  token: fc.record({ address, symbol: fc.string({ unit: "binary" }), decimals: fc.constant(18) }),
  distributor: address,
  root: hash,
  epoch: fc.nat(),
  status: fc.constantFrom("pending" as const, "active" as const),
  claimableFrom: amount,
  attestations: fc.nat(),
  quorum: fc.nat(),
  cumulative: amount,
  cumulativeCommission: amount,
  claimed: amount,
  claimedCommission: amount,
  claimable: amount,
  merkleProof: fc.array(hash, { maxLength: 33 }),
});

type ProofBody = Static<typeof Proof>;

/** As the route writes it. */
function proofText(body: ProofBody): string {
  const { prover, cumulative, cumulativeCommission, claimed, claimedCommission, claimable, ...rest } = body;
  const { merkleProof, ...root } = rest;
  const amounts = {
    cumulative: BigInt(cumulative),
    cumulativeCommission: BigInt(cumulativeCommission),
    claimed: BigInt(claimed),
    claimedCommission: BigInt(claimedCommission),
    claimable: BigInt(claimable),
  };
  return proofWriter(root)(prover, amounts, JSON.stringify(merkleProof));
}

it("a proof is written as JSON is, whatever the token calls itself", () => {
  fc.assert(
    fc.property(proof, (one) => {
      expect(proofText(one)).toBe(JSON.stringify(one));
    }),
  );
});

it("a proof has every field of its schema, in its order", () => {
  const [example] = fc.sample(proof, 1);
  const written = JSON.parse(proofText(example as ProofBody));
  expect(Object.keys(written)).toEqual(Object.keys(Proof.properties));
  expect(Object.keys(written.token)).toEqual(Object.keys(Proof.properties.token.properties));
});
