// SPDX-License-Identifier: AGPL-3.0-only
import { getAbiItem, type PublicClient } from "viem";
import type { SegmentLog } from "../core/distributor-history.ts";
import { bytesOf } from "../core/hex.ts";
import { initKeccak, keccakHex } from "../core/keccak.ts";
import type { Hex } from "../core/types.ts";
import { iRewardDistributorAbi } from "./abi.ts";
import { readSegments } from "./distributor.ts";
import { inconsistent } from "./errors.ts";
import { readEvents } from "./logs.ts";
import type { System } from "./system.ts";

const EVENTS = [getAbiItem({ abi: iRewardDistributorAbi, name: "SegmentAdded" })] as const;

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
  const range = {
    client,
    contracts: [distributor],
    fromBlock: startBlock,
    toBlock,
    finality: "unasked",
  } as const;
  for await (const { args } of readEvents(range, EVENTS)) {
    const policy = bytesOf(args.policy);
    const hash = keccakHex(policy);
    if (!missing.delete(hash)) continue;
    known.set(hash, policy);
    if (missing.size === 0) return;
  }
  throw inconsistent(`the logs up to block ${toBlock} hold no policy that hashes to ${[...missing][0]}`);
}
