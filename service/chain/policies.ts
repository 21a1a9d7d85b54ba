// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, type PublicClient, toEventSelector } from "viem";
import { decodeLogs } from "../core/decode-logs.ts";
import type { SegmentLog } from "../core/distributor-history.ts";
import { keccakHex } from "../core/keccak.ts";
import type { Hex } from "../core/types.ts";
import { iRewardDistributorAbi } from "./abi.ts";
import { readSegments } from "./distributor.ts";
import { inconsistent } from "./errors.ts";
import { readPackedLogs } from "./raw-logs.ts";
import type { System } from "./system.ts";

const SEGMENT_ADDED = toEventSelector(getAbiItem({ abi: iRewardDistributorAbi, name: "SegmentAdded" }));

/**
 * Budget and policy segments as they are at a block, each with its policy's bytes, which are in logs alone. For commands
 * without a database: whoever has one finds them there.
 * @throws ChainError if the chain cannot be read, or its logs lack a policy
 */
export async function readSegmentLogs(
  client: PublicClient,
  system: System,
  blockNumber: bigint,
): Promise<SegmentLog[]> {
  const { distributor, startBlock } = system;
  const range = { fromBlock: startBlock, toBlock: blockNumber };
  const [segments, packed] = await Promise.all([
    readSegments(client, system, blockNumber),
    readPackedLogs(client, range, distributor, SEGMENT_ADDED),
  ]);
  const policies = new Map<Hex, Uint8Array>();
  for (const { event } of decodeLogs(packed)) {
    if (event.name === "SegmentAdded") policies.set(keccakHex(event.policy), event.policy);
  }
  return segments.map((segment) => {
    const policy = policies.get(segment.policyHash);
    if (policy !== undefined) return { ...segment, policy };
    throw inconsistent(
      `the logs up to block ${blockNumber} hold no policy that hashes to ${segment.policyHash}`,
    );
  });
}
