// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, type PublicClient, toEventSelector } from "viem";
import { decodeLogs } from "../core/decode-logs.ts";
import type { SegmentLog } from "../core/distributor-history.ts";
import { initKeccak, keccakHex } from "../core/keccak.ts";
import { packLogs } from "../core/pack-logs.ts";
import type { Hex } from "../core/types.ts";
import { iRewardDistributorAbi } from "./abi.ts";
import { askForLogs } from "./ask-for-logs.ts";
import { readSegments } from "./distributor.ts";
import { inconsistent } from "./errors.ts";
import { lower, type System } from "./system.ts";

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
  await initKeccak();
  const { distributor, startBlock } = system;
  const range = { fromBlock: startBlock, toBlock: blockNumber };
  const [segments, logs] = await Promise.all([
    readSegments(client, system, blockNumber),
    askForLogs(client, range, [distributor], [SEGMENT_ADDED]),
  ]);
  const packed = packLogs(
    logs.map((log) => {
      const place = { blockNumber: Number(log.blockNumber), logIndex: Number(log.logIndex) };
      return { ...log, ...place, address: lower(log.address) };
    }),
  );
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
