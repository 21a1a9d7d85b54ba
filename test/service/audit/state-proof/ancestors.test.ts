// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex } from "viem";
import { describe, expect, it } from "vitest";
import type { Deployment } from "../../../../service/audit/deployment.ts";
import { ancestorsOf } from "../../../../service/audit/state-proof/ancestors.ts";
import type { Header } from "../../../../service/audit/state-proof/header.ts";
import { provenSource } from "../../../../service/audit/state-proof/proven-source.ts";
import type { Witness } from "../../../../service/audit/state-proof/witness.ts";
import type { Hex } from "../../../../service/core/types.ts";
import { fakeChain, type RpcCall } from "../../helpers/chain.ts";

const TRUSTED = 20_000n;
const SECONDS = 12n;
const hashOf = (number: bigint): Hex => numberToHex(number + 1n, { size: 32 });
const headerAt = (number: bigint): Header => ({
  hash: hashOf(number),
  parentHash: hashOf(number - 1n),
  stateRoot: hashOf(0n),
  receiptsRoot: hashOf(0n),
  logsBloom: "0x",
  number,
  timestamp: number * SECONDS,
});
const trusted = headerAt(TRUSTED);

/** A chain whose history contract, if it has one, keeps the hashes of `ring` blocks. */
function chainWith(ring: bigint | undefined) {
  const asked: string[] = [];
  const witness: Witness = {
    async header(hash) {
      asked.push(`header ${BigInt(hash) - 1n}`);
      return headerAt(BigInt(hash) - 1n);
    },
    async words(at, address, slots) {
      expect(address).toBe("0x0000f90827f1c53a10cb7a02335b175320002935");
      asked.push(...slots.map((slot) => `slot ${slot}`));
      if (ring === undefined) return slots.map(() => 0n);
      return slots.map((slot) => {
        const newest = at.number - 1n;
        return BigInt(hashOf(newest - ((newest - slot + ring * TRUSTED) % ring)));
      });
    },
    async ancestors(child, count) {
      asked.push(`${count} below ${child.number}`);
      return Array.from({ length: count }, (_, i) => headerAt(child.number - 1n - BigInt(i)));
    },
    code: async () => new Uint8Array(),
  };
  return { witness, asked, ancestors: ancestorsOf(witness, trusted) };
}

describe("a block below the trusted one", () => {
  it("is proven by what the chain keeps of its hash, up to 8,191 blocks back", async () => {
    const { ancestors, asked } = chainWith(8_191n);
    for (const number of [TRUSTED, TRUSTED - 1n, TRUSTED - 100n, TRUSTED - 8_191n]) {
      expect(await ancestors.at(number)).toEqual(headerAt(number));
    }
    expect(asked.filter((one) => one.startsWith("slot"))).toHaveLength(2);
    expect(asked.some((one) => one.includes("below"))).toBe(false);
    asked.length = 0;
    expect(await ancestors.at(TRUSTED - 101n)).toEqual(headerAt(TRUSTED - 101n));
    expect(await ancestors.at(TRUSTED - 100n)).toEqual(headerAt(TRUSTED - 100n));
    expect(asked.filter((one) => one.startsWith("header"))).toHaveLength(1);
  });

  it("is linked by its parents' hashes where the chain keeps none, or in another ring", async () => {
    for (const ring of [undefined, 393_168n, 100n]) {
      const { ancestors, asked } = chainWith(ring);
      expect(await ancestors.at(TRUSTED - 500n)).toEqual(headerAt(TRUSTED - 500n));
      expect(await ancestors.at(TRUSTED - 7n)).toEqual(headerAt(TRUSTED - 7n));
      expect(await ancestors.at(TRUSTED - 8_191n)).toEqual(headerAt(TRUSTED - 8_191n));
      const links = asked.filter((one) => one.includes("below"));
      expect(links).toEqual([`500 below ${TRUSTED}`, `7691 below ${TRUSTED - 500n}`]);
    }
  });

  it("is not proven farther back, nor above", async () => {
    for (const ring of [undefined, 8_191n]) {
      const { ancestors, asked } = chainWith(ring);
      expect(await ancestors.at(TRUSTED - 8_192n)).toBeUndefined();
      expect(await ancestors.at(0n)).toBeUndefined();
      expect(await ancestors.at(TRUSTED + 1n)).toBeUndefined();
      expect(asked).toEqual([]);
    }
  });
});

describe("the last block of an epoch", () => {
  /** Epochs of 100 blocks: epoch n ends with block 100·n + 99. */
  const deployment = { clockStart: 0n, epochLength: 100n * SECONDS } as Deployment;

  function sourceOf(shift = 0n) {
    const client = fakeChain(async ({ params }: RpcCall) => {
      const number = BigInt((params as [Hex])[0]);
      const { hash, parentHash, timestamp } = headerAt(number);
      return { number: numberToHex(number), hash, parentHash, timestamp: numberToHex(timestamp + shift) };
    }).client;
    const { witness } = chainWith(8_191n);
    return provenSource({ trusted: async () => ({ hash: trusted.hash }), witness, client });
  }

  it("is the one whose successor is proven to be past the end, whichever was said to be", async () => {
    const source = sourceOf();
    const { final } = await source.blocks();
    for (const likely of [19_899n, 19_898n, 19_900n, 5n, 0n, TRUSTED, TRUSTED + 5n, 2n ** 255n]) {
      const found = await source.snapshot(deployment, 198, likely, final);
      expect(found).toEqual({ number: 19_899n, hash: hashOf(19_899n) });
    }
  });

  it("is unproven if it is too far back, and its block is then what an endpoint says", async () => {
    const source = sourceOf();
    const { final } = await source.blocks();
    expect(await source.snapshot(deployment, 100, 10_099n, final)).toEqual({
      number: 10_099n,
      hash: hashOf(10_099n),
      unproven: `snapshot block 10099: more than 8191 blocks before the trusted block ${TRUSTED}`,
    });
  });

  it("is not looked for with an endpoint that shows other times", async () => {
    const source = sourceOf(5_000n);
    const { final } = await source.blocks();
    await expect(source.snapshot(deployment, 198, 5n, final)).rejects.toThrow(
      "are not those that the trusted block leads to",
    );
  });

  it("says the same of claims up to a block that is too far back", async () => {
    const source = sourceOf();
    const { final } = await source.blocks();
    expect(await source.claims(deployment, [], 10_000n, final)).toEqual({
      unproven: `claims up to block 10000: more than 8191 blocks before the trusted block ${TRUSTED}`,
    });
    expect(await source.claims(deployment, [], 15_000n, final)).toEqual({ claims: [] });
  });
});
