// SPDX-License-Identifier: AGPL-3.0-only
import { lastBlockBefore, readBlock } from "../../chain/blocks.ts";
import { ChainError, inconsistent } from "../../chain/errors.ts";
import { type Asked, byCampaign } from "../../core/campaigns.ts";
import { BPS } from "../../core/guard.ts";
import { domainOf } from "../../core/leaf.ts";
import { weightOf } from "../../core/policy.ts";
import type { Address, EpochInput, Policy, ProverInput, Snapshot } from "../../core/types.ts";
import { windowsFrom } from "./clock.ts";
import type { EpochFigures } from "./figures.ts";
import { chainStep, type LogChain, NO_LOGS } from "./log.ts";
import { readNetworkLogs } from "./read-logs.ts";
import type { ProverNetSources } from "./sources.ts";
import { logsUpTo, readState } from "./store.ts";

export interface NetworkEpoch {
  /** Its `fulfilments.accumulator` is the hash of `logs`. */
  readonly input: EpochInput;
  readonly asked: readonly Asked[];
  /** From the first block on up to the snapshot. */
  readonly logs: LogChain;
}

type Sources = Pick<ProverNetSources, "chain" | "contracts" | "database" | "deployment">;

/** SPEC 14.4: an epoch as rewards are computed from it, under a policy; each epoch stands alone. */
export async function networkEpoch(
  sources: Sources,
  figures: EpochFigures,
  { policy, budget }: { readonly policy: Policy; readonly budget: bigint },
): Promise<NetworkEpoch> {
  const { contracts, database, deployment } = sources;
  const { epoch, window } = figures;
  const payer = contracts.epochRewards as Address;
  const snapshot = await snapshotOf(sources, BigInt(window.end));
  const logs = await logsAt(sources, snapshot.number);
  const asked = figures.fulfilments.map(({ prover, requester, vk, fee, countedFee, protocolFee }): Asked => {
    const weight = weightIn(policy, vk, fee);
    return { prover, requester, fee, protocolFee, weight, countedWeight: weightIn(policy, vk, countedFee) };
  });
  const windowOf = await windowsFrom(database, deployment);
  const misses = figures.missed.map(({ prover, deadline, request: requestId }) => ({
    ...{ prover, requestId },
    deadlineEpoch: epochBefore(windowOf, epoch, deadline),
  }));
  const works = workByProver(asked);
  const provers = figures.provers.map((own) => proverInput(own, works.get(own.prover) ?? NO_WORK));
  const input = {
    ...{ chainId: contracts.chainId, distributor: payer, epoch, snapshot, budget, policy, misses },
    ...{ start: BigInt(window.start), end: BigInt(window.end), carry: 0n },
    previous: { root: domainOf(contracts.chainId, payer), total: 0n, leaves: [] },
    fulfilments: { count: asked.length, accumulator: logs.hash },
    provers: byCampaign(policy, provers, asked),
  };
  return { input, asked, logs };
}

/** The fee times the program's multiplier: 10000 for all, or what the policy lists, and 0 for a program that it does not. */
function weightIn(policy: Policy, vk: `0x${string}`, fee: bigint): bigint {
  return policy.version === 1 || policy.programs === null ? fee * BPS : weightOf(policy.programs, vk, fee);
}

type Work = Pick<ProverInput, "work" | "protocolFees">;
const NO_WORK: Work = { work: 0n, protocolFees: 0n };

function workByProver(asked: readonly Asked[]): ReadonlyMap<Address, Work> {
  const works = new Map<Address, Work>();
  for (const { prover, countedWeight, protocolFee } of asked) {
    const { work, protocolFees } = works.get(prover) ?? NO_WORK;
    const counted = countedWeight > 0n ? protocolFee : 0n;
    works.set(prover, { work: work + countedWeight, protocolFees: protocolFees + counted });
  }
  return works;
}

function proverInput(own: EpochFigures["provers"][number], { work, protocolFees }: Work): ProverInput {
  const { prover, vault, fulfilments, misses, fees, commissionBps, timeWeightedAssets: stake } = own;
  return { prover, vault, work, stake, fulfilments, misses, fees, protocolFees, commissionBps };
}

/** The epoch of a deadline, at most that of its refund; 0 before the first. */
function epochBefore(
  windowOf: Awaited<ReturnType<typeof windowsFrom>>,
  epoch: number,
  deadline: number,
): number {
  for (let at = epoch; at > 0; at--) {
    const window = windowOf(at);
    if (window !== undefined && window.start <= deadline) return at;
  }
  return 0;
}

async function snapshotOf({ chain, contracts }: Sources, end: bigint): Promise<Snapshot> {
  const finalized = await readBlock(chain.client, "finalized");
  if (finalized.timestamp < end) {
    throw new ChainError(
      "not-ready",
      "the epoch's last block is not final yet",
      "try again when a block past its end is finalized",
    );
  }
  const { number, hash } = await lastBlockBefore(chain.client, end, contracts.startBlock, finalized);
  const { parentHash } = await chain.client.getBlock({ blockNumber: number + 1n });
  if (parentHash === hash) return { number, hash };
  throw inconsistent(`block ${number} is given as ${hash}, and the one after it names ${parentHash}`);
}

/** What the database has of it, and from there on read again: pages end where they end. */
async function logsAt(
  { chain: { client }, contracts, database, deployment }: Sources,
  block: bigint,
): Promise<LogChain> {
  const known = await logsUpTo(database, deployment, block);
  const fromBlock = known === undefined ? contracts.startBlock : BigInt(known.block) + 1n;
  if (fromBlock > block) return known?.logs ?? NO_LOGS;
  const { provers } = await readState(database, deployment);
  const vaults = Object.values(provers).filter(({ created }) => BigInt(created) < fromBlock);
  const logs = await readNetworkLogs(client, contracts, new Set(vaults.map(({ vault }) => vault)), [
    { fromBlock, toBlock: block },
  ]);
  return logs.reduce((before, { hash }) => chainStep(before, hash), known?.logs ?? NO_LOGS);
}
