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

/** By their hash, which says what they are, whoever gave them. */
const known = new Map<Hex, Uint8Array>();

/**
 * Budget and policy segments as they are at a block, each with its policy's bytes. Those are in logs alone, which are
 * looked through until the last that is not known yet.
 */
export async function readSegmentLogs(
  client: PublicClient,
  system: System,
  blockNumber: bigint,
): Promise<SegmentLog[]> {
  const segments = await readSegments(client, system, blockNumber);
  const missing = new Set(segments.map(({ policyHash }) => policyHash).filter((hash) => !known.has(hash)));
  if (missing.size > 0) await lookFor(missing, client, system, blockNumber);
  return segments.map((segment) => ({ ...segment, policy: known.get(segment.policyHash) as Uint8Array }));
}

async function lookFor(
  missing: Set<Hex>,
  client: PublicClient,
  { distributor, startBlock }: System,
  toBlock: bigint,
): Promise<void> {
  await initKeccak();
  const range = { fromBlock: startBlock, toBlock };
  for (const log of await askForLogs(client, range, [distributor], [SEGMENT_ADDED])) {
    const place = { blockNumber: Number(log.blockNumber), logIndex: Number(log.logIndex) };
    const [logged] = decodeLogs(packLogs([{ ...log, ...place, address: lower(log.address) }]));
    if (logged?.event.name !== "SegmentAdded") continue;
    const { policy } = logged.event;
    const hash = keccakHex(policy);
    if (!missing.delete(hash)) continue;
    known.set(hash, policy);
    if (missing.size === 0) return;
  }
  throw inconsistent(`the logs up to block ${toBlock} hold no policy that hashes to ${[...missing][0]}`);
}
