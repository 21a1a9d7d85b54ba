// SPDX-License-Identifier: AGPL-3.0-only
import { keccak256, numberToHex, type PublicClient } from "viem";
import type { Hex, Snapshot } from "../core/types.ts";
import { ChainError, inconsistent } from "./errors.ts";
import { headerBytes } from "./header.ts";
import { moment } from "./moments.ts";
import { epochAt, epochBounds, type System } from "./system.ts";

export interface BlockPoint {
  readonly number: bigint;
  readonly hash: Hex;
  readonly timestamp: bigint;
}

/** A block by its number or tag. @throws BlockNotFoundError, of viem, if the endpoint knows no such block. */
export async function readBlock(
  client: PublicClient,
  which: bigint | "finalized" | "latest",
): Promise<BlockPoint> {
  const { number, hash, timestamp } = await client.getBlock(
    typeof which === "bigint" ? { blockNumber: which } : { blockTag: which },
  );
  return { number, hash, timestamp };
}

/**
 * The last block with a timestamp below the epoch's end, once no block below it can be replaced any more.
 * @throws ChainError `not-ready` or `unknown-epoch` before that, `inconsistent` where blocks contradict each other
 */
export async function findSnapshot(
  client: PublicClient,
  system: System,
  epoch: number,
  finalized: BlockPoint,
): Promise<Snapshot> {
  await requireFinal(client, system, epoch, finalized);
  const { end } = epochBounds(system, epoch);
  const { number, hash } = await lastBlockBefore(client, end, system.startBlock, finalized);
  // One that was replaced, or whose time is another, would be posted for good.
  const { parentHash } = await client.getBlock({ blockNumber: number + 1n });
  if (parentHash !== hash) {
    throw inconsistent(
      `block ${number} is given as ${hash}, and block ${number + 1n} names ${parentHash} as its parent`,
    );
  }
  if (await isSealed(client, finalized.number)) {
    for (const around of [number, number + 1n]) {
      if (await isSealed(client, around)) continue;
      throw inconsistent(`block ${around}, as it is given, does not hash to its hash`);
    }
  }
  return { number, hash };
}

/** Whether a block's header hashes to its hash as it is given; nowhere on chains that have other headers than Ethereum's. */
async function isSealed(client: PublicClient, number: bigint): Promise<boolean> {
  const block = await client.request({
    method: "eth_getBlockByNumber",
    params: [numberToHex(number), false],
  });
  return typeof block?.hash === "string" && headerBytes(block, block.hash, keccak256) !== undefined;
}

/**
 * The last block with a timestamp below `time`, in seconds, from block `from` up to, but without, `finalized`, which
 * must be at or past it. Timestamps never decrease, and may repeat: of equal ones the last block is found.
 * @throws ChainError `inconsistent` if block `from` is at or past it already
 */
export async function lastBlockBefore(
  client: PublicClient,
  time: bigint,
  from: bigint,
  finalized: BlockPoint,
): Promise<BlockPoint> {
  let low = await readBlock(client, from);
  if (low.timestamp >= time) {
    throw new ChainError(
      "inconsistent",
      `block ${from} is already at ${low.timestamp}, past ${time}`,
      "the endpoint's blocks do not fit the deployment: use another endpoint",
    );
  }
  let high = finalized;
  while (high.number - low.number > 1n) {
    const middle = await readBlock(client, low.number + (high.number - low.number) / 2n);
    if (middle.timestamp < time) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * @throws ChainError `not-ready` for an epoch that has not ended, or whose end can still be replaced; `unknown-epoch`
 * for one that has not begun
 */
export async function requireFinal(
  client: PublicClient,
  system: System,
  epoch: number,
  finalized: BlockPoint,
): Promise<void> {
  const { end } = epochBounds(system, epoch);
  if (finalized.timestamp >= end) return;
  const latest = await readBlock(client, "latest");
  const at = moment(end, latest.timestamp);
  if (latest.timestamp >= end) {
    throw new ChainError(
      "not-ready",
      `epoch ${epoch} ended at ${at}, but its last block is not final yet`,
      "try again when a block past the end is finalized",
    );
  }
  const current = epochAt(system, latest.timestamp);
  if (epoch > current) {
    throw new ChainError(
      "unknown-epoch",
      `epoch ${epoch} has not begun: now is epoch ${current}`,
      "name an epoch that has ended",
    );
  }
  throw new ChainError("not-ready", `epoch ${epoch} has not ended: it ends at ${at}`, "try again after it");
}
