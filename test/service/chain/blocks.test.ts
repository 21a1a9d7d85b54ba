// SPDX-License-Identifier: AGPL-3.0-only
import fc from "fast-check";
import { numberToHex } from "viem";
import { describe, expect, test } from "vitest";
import { findSnapshot, lastBlockBefore, readBlock } from "../../../service/chain/blocks.ts";
import { epochAt, epochBounds, type System } from "../../../service/chain/system.ts";
import { readVectors, type WindowVectors } from "../core/vectors.ts";
import { fakeChain, type RpcCall } from "../helpers/chain.ts";

const address = `0x${"00".repeat(20)}` as const;
const system: System = {
  chainId: 1n,
  distributor: address,
  registry: address,
  market: address,
  token: address,
  symbol: "T",
  domain: numberToHex(0, { size: 32 }),
  startBlock: 0n,
  clockStart: 100n,
  epochLength: 50n,
  unbondingDelay: 50n,
  vestingPeriod: 80n,
};

/** A chain with a block for each timestamp, of which all but the last `open` are final. */
function chainOf(timestamps: readonly number[], open = 0) {
  return fakeChain(async ({ params }: RpcCall) => {
    const [which] = params as [string];
    const last = timestamps.length - 1;
    const number = which === "latest" ? last : which === "finalized" ? last - open : Number(which);
    return {
      number: numberToHex(number),
      hash: numberToHex(number + 1000, { size: 32 }),
      parentHash: numberToHex(number + 999, { size: 32 }),
      timestamp: numberToHex(timestamps[number] ?? 0),
    };
  });
}

describe("an epoch's window is the one worked by hand:", () => {
  const { clockStart, epochLength, ...vectors } = readVectors<WindowVectors>("windows");
  const clock = { ...system, clockStart: BigInt(clockStart), epochLength: BigInt(epochLength) };

  test("the bounds of epochs, and the epochs of timestamps", () => {
    for (const { epoch, start, end } of vectors.bounds) {
      expect(epochBounds(clock, epoch)).toEqual({ start: BigInt(start), end: BigInt(end) });
    }
    for (const { timestamp, epoch } of vectors.epochs) expect(epochAt(clock, BigInt(timestamp))).toBe(epoch);
  });

  test.each(vectors.snapshots.map((vector) => [vector.name, vector] as const))(
    "%s",
    async (_, { timestamps, epoch, snapshot }) => {
      const chain = chainOf(timestamps);
      const { number } = await findSnapshot(chain, clock, epoch, await readBlock(chain.client, "finalized"));
      expect(number).toBe(BigInt(snapshot));
    },
  );
});

describe("the snapshot block", () => {
  test("is the last one below the epoch's end, of equal timestamps too", async () => {
    const chain = chainOf([100, 120, 149, 149, 149, 150, 150, 160]);
    const snapshot = await findSnapshot(chain, system, 0, await readBlock(chain.client, "finalized"));
    expect(snapshot.number).toBe(4n);
    expect(snapshot.hash).toBe(numberToHex(1004, { size: 32 }));
  });

  test("is found among any timestamps that never decrease", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 60 }),
        async (steps) => {
          let now = 100;
          const timestamps = [now, ...steps.map((step) => (now += step)), now + 1, now + 2];
          const chain = chainOf(timestamps);
          const found = await lastBlockBefore(
            chain.client,
            BigInt(now + 1),
            0n,
            await readBlock(chain.client, "finalized"),
          );
          expect(Number(found.number)).toBe(timestamps.findLastIndex((timestamp) => timestamp < now + 1));
        },
      ),
    );
  });

  test("does not exist while the epoch runs", async () => {
    const chain = chainOf([100, 120, 149]);
    const finalized = await readBlock(chain.client, "finalized");
    await expect(findSnapshot(chain, system, 0, finalized)).rejects.toMatchObject({
      code: "not-ready",
      message: expect.stringContaining("epoch 0 has not ended"),
    });
  });

  test("does not exist before a block past the end is final", async () => {
    const chain = chainOf([100, 149, 150, 151], 2);
    const finalized = await readBlock(chain.client, "finalized");
    await expect(findSnapshot(chain, system, 0, finalized)).rejects.toMatchObject({
      code: "not-ready",
      message: expect.stringContaining("not final yet"),
    });
  });

  test("is unknown for an epoch that has not begun", async () => {
    const chain = chainOf([100, 120, 149]);
    const finalized = await readBlock(chain.client, "finalized");
    await expect(findSnapshot(chain, system, 7, finalized)).rejects.toMatchObject({ code: "unknown-epoch" });
  });
});
