// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { isSealed } from "../chain/header.ts";
import type { Snapshot } from "../core/types.ts";
import { keccakOf } from "./hash.ts";

/** How many blocks are asked for at a time, and how many are followed at the most: a day of blocks of one second. */
const AT_ONCE = 100n;
const MOST = 100_000n;

/**
 * Why a block is not known to be below a final one: somewhere between them, a block does not name the one before it as
 * its parent. Undefined if each does.
 */
export async function breakBetween(
  client: PublicClient,
  from: Snapshot,
  final: Snapshot,
): Promise<string | undefined> {
  if (final.number - from.number > MOST) return `more than ${MOST} blocks follow block ${from.number}`;
  let before = from;
  while (before.number < final.number) {
    const left = final.number - before.number;
    const first = before.number + 1n;
    const blocks = await Promise.all(
      Array.from({ length: Number(left < AT_ONCE ? left : AT_ONCE) }, (_, i) =>
        client.getBlock({ blockNumber: first + BigInt(i) }),
      ),
    );
    for (const { number, hash, parentHash } of blocks) {
      if (parentHash !== before.hash) {
        return `block ${number} names ${parentHash} as its parent, and block ${before.number} is given as ${before.hash}`;
      }
      before = { number, hash };
    }
  }
  return before.hash === final.hash ? undefined : `block ${final.number} is given under two hashes`;
}

/**
 * Why the times of a block and of the next one, between which an epoch ends, may be others than they are given as: what
 * is given does not hash to the block's hash. Undefined if both do.
 */
export async function unprovenTime(client: PublicClient, last: bigint): Promise<string | undefined> {
  for (const blockNumber of [last, last + 1n]) {
    const block = await client.getBlock({ blockNumber });
    if (isSealed(block, keccakOf)) continue;
    return `block ${blockNumber}, as it is given, does not hash to ${block.hash}: its time may be another`;
  }
  return undefined;
}
