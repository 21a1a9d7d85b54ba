// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";
import { boundsOf, type Deployment, epochOf } from "../../../service/audit/deployment.ts";
import { findSnapshot, readHead } from "../../../service/audit/snapshot.ts";
import { readVectors, type WindowVectors } from "../core/vectors.ts";
import { fakeChain, type RpcCall } from "../helpers/chain.ts";

const { clockStart, epochLength, ...vectors } = readVectors<WindowVectors>("windows");
const deployment: Deployment = {
  chainId: 1n,
  distributor: zeroAddress,
  registry: zeroAddress,
  market: zeroAddress,
  startBlock: 0n,
  clockStart: BigInt(clockStart),
  epochLength: BigInt(epochLength),
};

function chainOf(timestamps: readonly number[]) {
  return fakeChain(async ({ params }: RpcCall) => {
    const [which] = params as [string];
    const number = which.startsWith("0x") ? Number(which) : timestamps.length - 1;
    return {
      number: numberToHex(number),
      hash: numberToHex(number + 1_000, { size: 32 }),
      parentHash: numberToHex(number + 999, { size: 32 }),
      timestamp: numberToHex(timestamps[number] as number),
    };
  }).client;
}

describe("the auditor rebuilds the windows", () => {
  it("the bounds of epochs, and the epochs of timestamps", () => {
    for (const { epoch, start, end } of vectors.bounds) {
      expect(boundsOf(deployment, epoch)).toEqual({ start: BigInt(start), end: BigInt(end) });
    }
    for (const { timestamp, epoch } of vectors.epochs) {
      expect(epochOf(deployment, BigInt(timestamp))).toBe(epoch);
    }
  });

  it.each(vectors.snapshots.map((vector) => [vector.name, vector] as const))(
    "%s, whichever block the post names",
    async (_, { timestamps, epoch, snapshot }) => {
      const client = chainOf(timestamps);
      const final = await readHead(client, "finalized");
      for (let likely = 0n; likely <= BigInt(timestamps.length); likely++) {
        const found = await findSnapshot(client, deployment, epoch, likely, final);
        expect(found).toEqual({
          number: BigInt(snapshot),
          hash: numberToHex(snapshot + 1_000, { size: 32 }),
        });
      }
    },
  );
});
