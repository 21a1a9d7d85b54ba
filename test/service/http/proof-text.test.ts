// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import type { Static } from "typebox";
import { beforeAll, expect, it } from "vitest";
import { buildClaimTree } from "../../../service/core/claim-tree.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { packLeaves } from "../../../service/core/packed-leaves.ts";
import { buildRewardTree } from "../../../service/core/reward-tree.ts";
import { proofAt } from "../../../service/core/tree.ts";
import type { LeafEntry } from "../../../service/core/types.ts";
import { merkleProofJson, proofWriter } from "../../../service/http/proof-text.ts";
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

const domain = `0x${"d0".repeat(32)}` as const;
const entries = (count: number): LeafEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    prover: `0x${(i + 1).toString(16).padStart(40, "0")}` as const,
    cumulative: BigInt(i + 1),
    cumulativeCommission: 0n,
  }));

beforeAll(initKeccak);

// On both sides of what is kept of upper levels, and with odd nodes that are promoted in lower and in upper ones.
it.each([0, 1, 2, 3, 5, 4_095, 4_096, 4_097, 8_193, 12_289, 20_001])(
  "of %i leaves each merkleProof is written as the tree has it, whoever else asked before",
  (count) => {
    const leaves = entries(count);
    const claims = buildClaimTree(domain, packLeaves(leaves).entries);
    const { tree } = buildRewardTree(domain, leaves);
    const positions = [...new Set([0, 1, count >> 1, count - 2, count - 1, 3, 4_096, 5])];
    for (const position of positions.filter((one) => one >= 0 && one < count)) {
      const merkleProof = tree === undefined ? [] : proofAt(tree, position);
      expect(merkleProofJson(claims, position)).toBe(JSON.stringify(merkleProof));
      expect(merkleProofJson(claims, position)).toBe(JSON.stringify(merkleProof));
    }
  },
);
