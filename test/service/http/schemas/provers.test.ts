// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import type { Static } from "typebox";
import { expect, it } from "vitest";
import { newApp } from "../../../../service/http/instance.ts";
import { refTo } from "../../../../service/http/schemas/common.ts";
import { Proof } from "../../../../service/http/schemas/provers.ts";

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

it("a proof is written as JSON is, with its schema's fields in order, whatever the token calls itself", async () => {
  const app = newApp({});
  app.addSchema(Proof);
  let body: Static<typeof Proof> | undefined;
  app.get("/", { schema: { response: { 200: refTo(Proof) } } }, async () => body as Static<typeof Proof>);
  await fc.assert(
    fc.asyncProperty(proof, async (one) => {
      body = one;
      const { payload } = await app.inject("/");
      expect(payload).toBe(JSON.stringify(one));
      expect(Object.keys(JSON.parse(payload))).toEqual(Object.keys(Proof.properties));
    }),
  );
  await app.close();
});
