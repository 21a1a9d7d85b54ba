// SPDX-License-Identifier: AGPL-3.0-only

import { BlockNotFoundError, formatUnits, getAddress, type PublicClient } from "viem";
import type { Address, Hex, Snapshot } from "../core/types.ts";
import { iRewardDistributorAbi } from "./abi.ts";
import { readBlock } from "./blocks.ts";
import { type DistributorState, readDistributor } from "./distributor.ts";
import { moment } from "./moments.ts";
import { epochBounds, type System } from "./system.ts";

/** What `postRoot` is called with. */
export interface RootToPost {
  readonly epoch: number;
  readonly root: Hex;
  readonly total: bigint;
  readonly datasetHash: Hex;
  readonly snapshot: Snapshot;
}

/** One condition that the contract sets for a post. */
export interface Precondition {
  readonly name:
    | "ended"
    | "previous"
    | "order"
    | "publisher"
    | "root"
    | "total"
    | "budget"
    | "funds"
    | "snapshot";
  readonly holds: boolean;
  /** Whether waiting alone may make it hold. */
  readonly passes: boolean;
  readonly message: string;
  readonly hint: string;
}

/** Totals are kept in 96 bits. */
const MAX_TOTAL = (1n << 96n) - 1n;

/**
 * Every on-chain condition of a post, in the order in which they matter, read at one block; those that fail are among
 * them.
 */
export async function preconditions(
  client: PublicClient,
  system: System,
  sender: Address,
  post: RootToPost,
): Promise<readonly Precondition[]> {
  const state = await readDistributor(client, system);
  const [segment, snapshotHash] = await Promise.all([
    client.readContract({
      address: system.distributor,
      abi: iRewardDistributorAbi,
      functionName: "segmentAt",
      args: [BigInt(post.epoch)],
      blockNumber: state.blockNumber,
    }),
    hashAt(client, post.snapshot.number),
  ]);
  const { end } = epochBounds(system, post.epoch);
  const before = state.active?.total ?? 0n;
  const added = post.total - before;
  const offered = segment.budget + state.carry;
  const owed = post.total - state.totalClaimed;
  const tokens = (wei: bigint) => `${formatUnits(wei, 18)} ${system.symbol}`;
  return [
    {
      name: "ended",
      holds: state.timestamp >= end,
      passes: true,
      message: `epoch ${post.epoch} has not ended: it ends at ${moment(end, state.timestamp)}`,
      hint: "try again after it",
    },
    previousActive(state, post.epoch),
    {
      name: "order",
      holds: state.nextEpoch === post.epoch,
      passes: false,
      message: `the next epoch to post is ${state.nextEpoch}, not ${post.epoch}`,
      hint: `post epoch ${state.nextEpoch}`,
    },
    {
      name: "publisher",
      holds: state.publisher === sender,
      passes: false,
      message: `only the publisher ${getAddress(state.publisher)} may post, and the signer is ${getAddress(sender)}`,
      hint: "use the publisher's key, or let the owner set another publisher",
    },
    {
      name: "root",
      holds: BigInt(post.root) !== 0n,
      passes: false,
      message: "the root is zero",
      hint: "do not post this: recompute the epoch",
    },
    {
      name: "total",
      holds: added >= 0n && post.total <= MAX_TOTAL,
      passes: false,
      message:
        added < 0n
          ? `the total ${post.total} wei is below the active root's ${before} (${tokens(post.total)} below ${tokens(before)})`
          : `the total ${post.total} is not below 2^96`,
      hint: "do not post this: a cumulative total never decreases, and never exceeds the token's supply",
    },
    {
      name: "budget",
      holds: added <= offered,
      passes: false,
      message: `the root adds ${added} wei, above the epoch's budget and carry of ${offered} (${tokens(added)} above ${tokens(offered)})`,
      hint: "do not post this: recompute the epoch",
    },
    {
      name: "funds",
      holds: owed <= state.funds,
      passes: false,
      message: `the root promises ${owed} wei still to be claimed, and the distributor holds ${state.funds} (${tokens(owed)} and ${tokens(state.funds)})`,
      hint: `transfer at least ${owed - state.funds} wei of the token (${tokens(owed - state.funds)}) to the distributor ${getAddress(system.distributor)}`,
    },
    {
      name: "snapshot",
      holds: snapshotHash === post.snapshot.hash,
      passes: false,
      message: `block ${post.snapshot.number} is now ${snapshotHash ?? "unknown"}, not the snapshot's ${post.snapshot.hash}`,
      hint: "the endpoint has changed forks: compare it with another one, then run the epoch again",
    },
  ];
}

async function hashAt(client: PublicClient, block: bigint): Promise<Hex | undefined> {
  try {
    return (await readBlock(client, block)).hash;
  } catch (error) {
    if (error instanceof BlockNotFoundError) return undefined;
    throw error;
  }
}

function previousActive(state: DistributorState, epoch: number): Precondition {
  const { latest, active, timestamp } = state;
  const waiting =
    latest === undefined || latest.active || latest.vetoed
      ? ""
      : `: post ${latest.postNumber} has ${latest.attestations} of ${latest.quorum} attestations, and its window ${
          timestamp < latest.claimableAt
            ? `runs until ${moment(latest.claimableAt, timestamp)}`
            : "has passed"
        }`;
  return {
    name: "previous",
    holds: epoch === 0 || (active !== undefined && active.epoch >= epoch - 1),
    passes: true,
    message: `the root of epoch ${epoch - 1} is not active yet${waiting}`,
    hint: "try again when it is",
  };
}
