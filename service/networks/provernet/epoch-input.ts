// SPDX-License-Identifier: AGPL-3.0-only
import { readBlock, snapshotBefore } from "../../chain/blocks.ts";
import { ChainError } from "../../chain/errors.ts";
import type { System } from "../../chain/system.ts";
import { type Asked, byCampaign } from "../../core/campaigns.ts";
import type { PackedInput } from "../../core/epoch-input.ts";
import { BPS } from "../../core/guard.ts";
import { domainOf } from "../../core/leaf.ts";
import { weightOf } from "../../core/policy.ts";
import { ProverTable } from "../../core/prover-table.ts";
import type { Address, EpochInput, Policy, ProverInput, Snapshot } from "../../core/types.ts";
import { windowsFrom } from "./clock.ts";
import type { Counted, WindowCount } from "./count.ts";
import { countIn, type EpochFigures } from "./figures.ts";
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

/**
 * SPEC 14.4: an epoch as rewards are computed from it, under a policy and with a budget in wei; each epoch stands
 * alone.
 * @throws ChainError `inconsistent` if the blocks around its end contradict each other
 */
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
  const asked = askedIn(policy, figures);
  const windowOf = await windowsFrom(database, deployment);
  const misses = figures.missed.map(({ prover, deadline, request: requestId }) => ({
    ...{ prover, requestId },
    deadlineEpoch: epochBefore(windowOf, epoch, deadline),
  }));
  const provers = proversIn(figures.provers, asked);
  const input = {
    ...{ chainId: contracts.chainId, distributor: payer, epoch, snapshot, budget, policy, misses },
    ...{ start: BigInt(window.start), end: BigInt(window.end), carry: 0n },
    previous: { root: domainOf(contracts.chainId, payer), total: 0n, leaves: [] },
    fulfilments: { count: asked.length, accumulator: logs.hash },
    provers: byCampaign(policy, provers, asked),
  };
  return { input, asked, logs };
}

/**
 * SPEC 14.7: what an epoch of our own distributor, which stands beside the network and has a clock of its own, is computed
 * from; the network's logs must have been read to beyond its end.
 */
export async function workBeside(
  sources: Sources,
  { clockStart, epochLength }: Pick<System, "clockStart" | "epochLength">,
  input: PackedInput,
): Promise<PackedInput> {
  const { contracts, database, deployment } = sources;
  const { distributor, epoch, policy, snapshot } = input;
  const [start, end] = [Number(input.start), Number(input.end)];
  const window = { start, end, maximum: 0n, provisional: false };
  // Rates are by source: whoever pays is the distributor.
  const count = await countIn(database, deployment, { ...contracts, epochRewards: distributor }, window);
  const asked = askedIn(policy, count);
  const own = count.provers.map((one) => ({
    ...one,
    timeWeightedAssets: one.assetSeconds / BigInt(end - start),
  }));
  const provers = new ProverTable(policy);
  for (const one of byCampaign(policy, proversIn(own, asked), asked)) provers.add(one);
  const misses = count.missed.map(({ prover, deadline, request: requestId }) => {
    const at = Math.max(0, Math.floor((deadline - Number(clockStart)) / Number(epochLength)));
    return { prover, requestId, deadlineEpoch: Math.min(at, epoch) };
  });
  const { hash: accumulator } = await logsAt(sources, snapshot.number);
  return { ...input, provers, misses, fulfilments: { count: asked.length, accumulator } };
}

function askedIn(policy: Policy, { fulfilments }: Pick<WindowCount, "fulfilments">): Asked[] {
  return fulfilments.map(({ prover, requester, vk, fee, countedFee, protocolFee }) => {
    const weight = weightIn(policy, vk, fee);
    return { prover, requester, fee, protocolFee, weight, countedWeight: weightIn(policy, vk, countedFee) };
  });
}

type Staked = Counted & { readonly timeWeightedAssets: bigint };

function proversIn(provers: readonly Staked[], asked: readonly Asked[]): ProverInput[] {
  const works = workByProver(asked);
  return provers.map((own) => proverInput(own, works.get(own.prover) ?? NO_WORK));
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

function proverInput(own: Staked, { work, protocolFees }: Work): ProverInput {
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
  return snapshotBefore(chain, end, contracts.startBlock, finalized);
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
