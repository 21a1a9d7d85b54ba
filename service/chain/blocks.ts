// SPDX-License-Identifier: AGPL-3.0-only
import { type GetBlockReturnType, keccak256, type PublicClient } from "viem";
import type { Hex, Snapshot } from "../core/types.ts";
import type { Chain } from "./client.ts";
import { ChainError, inconsistent } from "./errors.ts";
import { isSealed } from "./header.ts";
import { moment } from "./moments.ts";
import { sealedElsewhere } from "./sealed.ts";
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
  chain: Endpoints,
  system: System,
  epoch: number,
  finalized: BlockPoint,
): Promise<Snapshot> {
  await requireFinal(chain.client, system, epoch, finalized);
  return snapshotBefore(chain, epochBounds(system, epoch).end, system.startBlock, finalized);
}

type Endpoints = Pick<Chain, "client" | "rpcUrl">;

/**
 * The last block with a timestamp below `end`, in seconds, as lastBlockBefore finds it: the next one names it as its
 * parent, and where the chain's headers hash to their hashes, both do.
 * @throws ChainError `inconsistent` where the blocks, or what most endpoints and one of them say of their hashes,
 * contradict each other
 */
export async function snapshotBefore(
  { client, rpcUrl }: Endpoints,
  end: bigint,
  startBlock: bigint,
  finalized: BlockPoint,
): Promise<Snapshot> {
  const final = await client.getBlock({ blockNumber: finalized.number });
  const [last, next] = await blocksAround(client, end, startBlock, final);
  const { number, hash } = last;
  // One that was replaced, or whose time is another, would be posted for good.
  if (next.parentHash !== hash) {
    throw inconsistent(
      `block ${number} is given as ${hash}, and block ${next.number} names ${next.parentHash} as its parent`,
    );
  }
  // The headers of this chain are of another kind than Ethereum's, unless somebody shows one that is not.
  if (!(await isShown(rpcUrl, final))) return { number, hash };
  for (const block of [last, next]) {
    if (await isShown(rpcUrl, block)) continue;
    throw inconsistent(`block ${block.number}, as it is given, does not hash to its hash`);
  }
  return { number, hash };
}

type Given = Pick<GetBlockReturnType, "number" | "hash" | "parentHash" | "timestamp">;

/**
 * Whether anybody gives a block such that it hashes to its hash.
 * @throws ChainError `inconsistent` where that is another parent or time than most endpoints give it
 */
async function isShown(rpcUrl: string, block: Given): Promise<boolean> {
  if (isSealed(block, keccak256)) return true;
  const shown = await sealedElsewhere(rpcUrl, block);
  if (shown === undefined) return false;
  if (shown.parentHash === block.parentHash && shown.timestamp === block.timestamp) return true;
  throw new ChainError(
    "inconsistent",
    `block ${block.number} does not hash to its hash as most RPC endpoints give it, and does as ${shown.host} gives it`,
    "name others in place of those that alter blocks",
  );
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
  const [{ number, hash, timestamp }] = await blocksAround(client, time, from, finalized);
  return { number, hash, timestamp };
}

/** The same block, with all that the endpoint says of it, and the one after it. */
async function blocksAround<Final extends BlockPoint>(
  client: PublicClient,
  time: bigint,
  from: bigint,
  finalized: Final,
): Promise<[last: GetBlockReturnType, next: GetBlockReturnType | Final]> {
  let low = await client.getBlock({ blockNumber: from });
  if (low.timestamp >= time) {
    throw new ChainError(
      "inconsistent",
      `block ${from} is already at ${low.timestamp}, past ${time}`,
      "the endpoint's blocks do not fit the deployment: use another endpoint",
    );
  }
  let high: GetBlockReturnType | Final = finalized;
  while (high.number - low.number > 1n) {
    const blockNumber: bigint = low.number + (high.number - low.number) / 2n;
    const middle = await client.getBlock({ blockNumber });
    if (middle.timestamp < time) low = middle;
    else high = middle;
  }
  return [low, high];
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
