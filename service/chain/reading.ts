// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { bytesOf } from "../core/hex.ts";
import { keccakHex } from "../core/keccak.ts";
import type { Address } from "../core/types.ts";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi, iRewardDistributorAbi } from "./abi.ts";
import { type BlockPoint, readBlock } from "./blocks.ts";
import { checkClaims, checkFulfilments, checkMisses, checkVaultPoints, inconsistent } from "./checks.ts";
import type { Chain } from "./client.ts";
import { checkCommissions } from "./commission.ts";
import { emptyHistory, type History, type ProverHistory, record } from "./history.ts";
import { readLogs } from "./logs.ts";
import { epochAt, lower, type System } from "./system.ts";

/** A deployment's whole history up to one final block, complete: every log was checked against the state there. */
export interface Reading {
  readonly client: PublicClient;
  readonly system: System;
  readonly pinned: BlockPoint;
  readonly history: History;
}

export async function readHistory({ client }: Chain, system: System): Promise<Reading> {
  const pinned = await readBlock(client, "finalized");
  const history = emptyHistory();
  const range = { client, fromBlock: system.startBlock, toBlock: pinned.number };
  for await (const log of readLogs({
    ...range,
    contracts: [system.registry, system.market, system.distributor],
  })) {
    record(history, log, NO_VAULTS);
  }
  const vaults = new Map([...history.provers.values()].map((prover) => [prover.vault, prover]));
  if (vaults.size > 0) {
    for await (const log of readLogs({ ...range, contracts: [...vaults.keys()] })) {
      record(history, log, vaults);
    }
  }
  const reading = { client, system, pinned, history };
  await checkAgainstState(reading);
  const again = await readBlock(client, pinned.number);
  if (again.hash !== pinned.hash) {
    throw inconsistent(`block ${pinned.number} was final as ${pinned.hash} and is now ${again.hash}`);
  }
  return reading;
}

const NO_VAULTS: ReadonlyMap<Address, ProverHistory> = new Map();
/** How many provers' or epochs' reads are under way at a time. */
const CONCURRENT = 500;

/** Reads state at the pinned block only: it is recent, so no archive node is needed. */
async function checkAgainstState(reading: Reading): Promise<void> {
  const { client, system, pinned, history } = reading;
  const at = { blockNumber: pinned.number };
  const proverCount = await client.readContract({
    ...at,
    address: system.registry,
    abi: iProverRegistryAbi,
    functionName: "proverCount",
  });
  if (BigInt(history.provers.size) !== proverCount) {
    throw inconsistent(`${proverCount} provers are registered, the logs hold ${history.provers.size}`);
  }
  await checkSegments(reading);
  await inChunks([...history.provers.values()], (prover) => checkProver(reading, prover));
  const epochs = Array.from({ length: epochAt(system, pinned.timestamp) + 1 }, (_, epoch) => epoch);
  await inChunks(epochs, async (epoch) => {
    const market = { ...at, address: system.market, abi: iProofMarketAbi, args: [BigInt(epoch)] } as const;
    const [fulfilments, misses] = await Promise.all([
      client.readContract({ ...market, functionName: "fulfilmentAccumulator" }),
      client.readContract({ ...market, functionName: "missAccumulator" }),
    ]);
    checkFulfilments(epoch, history.fulfilments.get(epoch) ?? [], fulfilments);
    checkMisses(epoch, history.misses.get(epoch) ?? [], misses);
  });
}

async function checkProver({ client, system, pinned }: Reading, prover: ProverHistory): Promise<void> {
  const at = { blockNumber: pinned.number };
  const [onChain, [active, activeSeconds, time]] = await Promise.all([
    client.readContract({
      ...at,
      address: system.registry,
      abi: iProverRegistryAbi,
      functionName: "proverRecord",
      args: [prover.prover],
    }),
    client.readContract({ ...at, address: prover.vault, abi: iProverVaultAbi, functionName: "stakeState" }),
  ]);
  if (lower(onChain.vault) !== prover.vault || onChain.registeredAt !== prover.registeredAt) {
    throw inconsistent(`the registration of prover ${prover.prover} is altered in the logs`);
  }
  checkCommissions(prover.prover, prover.commissions, {
    sequence: onChain.commissionSequence,
    hash: onChain.commissionHash,
  });
  checkClaims(prover, onChain);
  checkVaultPoints(prover.vault, prover.points, { active, activeSeconds, time });
}

async function checkSegments({ client, system, pinned, history }: Reading): Promise<void> {
  const distributor = {
    blockNumber: pinned.number,
    address: system.distributor,
    abi: iRewardDistributorAbi,
  } as const;
  const count = await client.readContract({ ...distributor, functionName: "segmentCount" });
  if (BigInt(history.segments.length) !== count) {
    throw inconsistent(`${count} budget segments are set, the logs hold ${history.segments.length}`);
  }
  await inChunks([...history.segments.entries()], async ([index, segment]) => {
    const onChain = await client.readContract({
      ...distributor,
      functionName: "segment",
      args: [BigInt(index)],
    });
    if (
      onChain.fromEpoch !== segment.fromEpoch ||
      onChain.budget !== segment.budget ||
      onChain.policyHash !== segment.policyHash ||
      keccakHex(bytesOf(segment.policy)) !== onChain.policyHash
    ) {
      throw inconsistent(`budget segment ${index} is altered in the logs`);
    }
  });
}

async function inChunks<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  for (let i = 0; i < items.length; i += CONCURRENT) {
    await Promise.all(items.slice(i, i + CONCURRENT).map(each));
  }
}
