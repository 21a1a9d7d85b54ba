// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, type PublicClient } from "viem";
import { iRewardDistributorAbi } from "../chain/abi.ts";
import { ChainError, isUnreachable } from "../chain/errors.ts";
import { type ChainLog, readLogs } from "../chain/logs.ts";
import type { Address, Hex } from "../core/types.ts";
import type { AssetChange, Fulfilled, Missed, RateChange } from "./derive.ts";

/** What never changes about one deployment. */
export interface Deployment {
  readonly chainId: bigint;
  readonly distributor: Address;
  readonly registry: Address;
  readonly market: Address;
  readonly startBlock: bigint;
  readonly clockStart: bigint;
  readonly epochLength: bigint;
}

export interface ProverFacts {
  readonly prover: Address;
  readonly vault: Address;
  readonly registeredAt: bigint;
  readonly rates: RateChange[];
  readonly assets: AssetChange[];
  readonly claims: { readonly block: bigint; readonly cumulative: bigint; readonly commission: bigint }[];
}

export interface SegmentFacts {
  readonly fromEpoch: bigint;
  readonly budget: bigint;
  readonly policyHash: Hex;
  readonly policy: Hex;
}

export interface PostFacts {
  readonly epoch: bigint;
  readonly postNumber: bigint;
  readonly root: Hex;
  readonly cumulativeTotal: bigint;
  readonly datasetHash: Hex;
  readonly snapshotBlock: bigint;
  readonly snapshotHash: Hex;
}

/** What the logs say, in chain order, up to one final block; posts also beyond it. */
export interface Facts {
  readonly provers: Map<Address, ProverFacts>;
  readonly fulfilments: Map<number, Fulfilled[]>;
  /** By the epoch of the deadline. */
  readonly misses: Map<number, Missed[]>;
  readonly segments: SegmentFacts[];
  readonly posts: PostFacts[];
}

/** Registry and market come before the distributor, which knows only its own block. */
const BLOCKS_BEFORE = 1_000n;

export async function readDeployment(client: PublicClient, distributor: Address): Promise<Deployment> {
  const at = { address: distributor, abi: iRewardDistributorAbi } as const;
  const [chainId, code] = await Promise.all([client.getChainId(), client.getCode({ address: distributor })]);
  if (code === undefined) {
    throw new ChainError(
      "no-code",
      `there is no contract at ${getAddress(distributor)} on chain ${chainId}`,
      "check the distributor's address and that the RPC endpoint serves its chain",
    );
  }
  const [registry, market, block, clockStart, epochLength] = await Promise.all([
    client.readContract({ ...at, functionName: "registry" }),
    client.readContract({ ...at, functionName: "market" }),
    client.readContract({ ...at, functionName: "deploymentBlock" }),
    client.readContract({ ...at, functionName: "clockStart" }),
    client.readContract({ ...at, functionName: "epochLength" }),
  ]).catch((cause) => {
    if (isUnreachable(cause)) throw cause;
    throw new ChainError(
      "not-a-distributor",
      `the contract at ${getAddress(distributor)} is not a Provender distributor`,
      "give the distributor's address, as in the deployment record",
      { cause },
    );
  });
  return {
    chainId: BigInt(chainId),
    distributor,
    registry: lower(registry),
    market: lower(market),
    startBlock: block > BLOCKS_BEFORE ? block - BLOCKS_BEFORE : 0n,
    clockStart,
    epochLength,
  };
}

export function boundsOf(deployment: Deployment, epoch: number): { start: bigint; end: bigint } {
  const start = deployment.clockStart + BigInt(epoch) * deployment.epochLength;
  return { start, end: start + deployment.epochLength };
}

export function epochOf(deployment: Deployment, timestamp: bigint): number {
  return Number((timestamp - deployment.clockStart) / deployment.epochLength);
}

/** Reads every log once, from the deployment to `toBlock`, and the distributor's from there to `head`. */
export async function readFacts(
  client: PublicClient,
  deployment: Deployment,
  toBlock: bigint,
  head: bigint,
): Promise<Facts> {
  const facts: Facts = {
    provers: new Map(),
    fulfilments: new Map(),
    misses: new Map(),
    segments: [],
    posts: [],
  };
  const { registry, market, distributor, startBlock: fromBlock } = deployment;
  for await (const log of readLogs({
    client,
    contracts: [registry, market, distributor],
    fromBlock,
    toBlock,
  })) {
    note(facts, log, deployment);
  }
  const byVault = new Map([...facts.provers.values()].map((prover) => [prover.vault, prover]));
  if (byVault.size > 0) {
    for await (const log of readLogs({ client, contracts: [...byVault.keys()], fromBlock, toBlock })) {
      if (log.eventName !== "ActiveAssetsChanged") continue;
      const { activeAssets: active, activeSeconds, timestamp } = log.args;
      const change = { active, activeSeconds, timestamp, block: log.blockNumber };
      byVault.get(lower(log.address))?.assets.push(change);
    }
  }
  const recent = { client, contracts: [distributor], fromBlock: toBlock + 1n, toBlock: head };
  for await (const log of readLogs({ ...recent, finality: "latest" })) {
    if (log.eventName === "RootPosted") facts.posts.push(log.args);
  }
  return facts;
}

/** An event counts only from the contract that may emit it. */
function note(facts: Facts, log: ChainLog, { registry, market, distributor }: Deployment): void {
  const { eventName, args } = log;
  const emitter = lower(log.address);
  if (emitter === registry && eventName === "ProverRegistered") {
    const { vault, timestamp: registeredAt } = args;
    const prover = lower(args.prover);
    const lists = { rates: [], assets: [], claims: [] };
    facts.provers.set(prover, { prover, vault: lower(vault), registeredAt, ...lists });
  } else if (emitter === registry && eventName === "CommissionChanged") {
    const { bps, announcedAt, effectiveAt, sequence } = args;
    const change = { source: lower(args.source), bps, announcedAt, effectiveAt, sequence };
    facts.provers.get(lower(args.prover))?.rates.push(change);
  } else if (emitter === market && eventName === "Fulfilled") {
    append(facts.fulfilments, Number(args.epoch), { ...args, prover: lower(args.prover) });
  } else if (emitter === market && eventName === "Missed") {
    append(facts.misses, Number(args.epoch), { ...args, prover: lower(args.prover) });
  } else if (emitter === distributor && eventName === "SegmentAdded") {
    facts.segments.push(args);
  } else if (emitter === distributor && eventName === "RootPosted") {
    facts.posts.push(args);
  } else if (emitter === distributor && eventName === "Claimed") {
    const { cumulative, commission } = args;
    const claim = { block: log.blockNumber, cumulative, commission };
    facts.provers.get(lower(args.prover))?.claims.push(claim);
  }
}

function append<T>(lists: Map<number, T[]>, key: number, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

export function lower(address: string): Address {
  return address.toLowerCase() as Address;
}
