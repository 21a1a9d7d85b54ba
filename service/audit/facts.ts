// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import type { Address, Hex } from "../core/types.ts";
import { type Deployment, lower } from "./deployment.ts";
import type { AssetChange, Fulfilled, Missed, Posted, RateChange, Registration, Vetoed } from "./derive.ts";
import { type ChainLog, readLogs } from "./logs.ts";
import type { progressOf } from "./progress.ts";

/** Where a log stands on the chain. */
export interface LogPosition {
  readonly event: string;
  readonly block: bigint;
  readonly transaction: Hex;
  readonly index: number;
}

export type Logged<T> = T & { readonly at: LogPosition };

export interface ProverFacts {
  readonly prover: Address;
  readonly vault: Address;
  readonly registeredAt: bigint;
  readonly rates: Logged<RateChange & { readonly rollingHash: Hex }>[];
  readonly assets: Logged<AssetChange>[];
  readonly claims: Logged<Claim>[];
}

interface Claim {
  readonly epoch: bigint;
  readonly cumulative: bigint;
  readonly amount: bigint;
  readonly commission: bigint;
}

export interface SegmentFacts {
  readonly fromEpoch: bigint;
  readonly budget: bigint;
  readonly policyHash: Hex;
  readonly policy: Hex;
}

export type PostFacts = Posted;

/** What the logs say, in chain order, up to one final block; posts also beyond it. */
export interface Facts {
  readonly registrations: Logged<Registration>[];
  readonly provers: Map<Address, Logged<ProverFacts>>;
  readonly fulfilments: Map<number, Logged<Fulfilled>[]>;
  /** By the epoch of the deadline. */
  readonly misses: Map<number, Logged<Missed>[]>;
  readonly segments: Logged<SegmentFacts>[];
  /** Logs that name a prover before its registration, which no contract emits. */
  readonly strays: Logged<{ readonly topic: "commissions" | "claims"; readonly prover: Address }>[];
  readonly posts: Logged<PostFacts>[];
  readonly vetoes: Logged<Vetoed>[];
}

export function noFacts(): Facts {
  return {
    ...{ registrations: [], provers: new Map(), fulfilments: new Map(), misses: new Map() },
    ...{ segments: [], strays: [], posts: [], vetoes: [] },
  };
}

interface Blocks {
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  /** latest: they may still be replaced, and are read by their hashes. */
  readonly finality?: "latest";
}

/** How a long reading is watched, and ended. */
export interface Following {
  readonly tell?: ReturnType<typeof progressOf> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** So many logs are a step of the way. */
const STEP = 1_000;

/** Adds every log of some blocks, final ones if not said otherwise, that no log was added of before. */
export async function addLogs(
  facts: Facts,
  client: PublicClient,
  deployment: Deployment,
  { finality, ...blocks }: Blocks,
  { tell, signal }: Following = {},
): Promise<void> {
  const { registry, market, distributor } = deployment;
  const range = { client, ...blocks, finality };
  const of = Number(blocks.toBlock - blocks.fromBlock) + 1;
  let logs = 0;
  /** Blocks are gone through twice, the second time for the vaults. */
  const step = (block: bigint, times: 0 | 1) => {
    if (++logs % STEP !== 0) return;
    signal?.throwIfAborted();
    const gone = Number(block - blocks.fromBlock) + 1;
    tell?.({ phase: "logs", blocks: Math.floor((times * of + gone) / 2), of, logs });
  };
  for await (const log of readLogs({ ...range, contracts: [registry, market, distributor] })) {
    addLog(facts, log, deployment);
    step(log.blockNumber, 0);
  }
  const byVault = new Map([...facts.provers.values()].map((prover) => [prover.vault, prover]));
  const vaults = byVault.size === 0 ? [] : readLogs({ ...range, contracts: [...byVault.keys()] });
  for await (const log of vaults) {
    addVaultLog(byVault, log);
    step(log.blockNumber, 1);
  }
  tell?.({ phase: "logs", blocks: of, of, logs });
}

/** The roots posted and vetoed in blocks that may still be replaced. */
export async function readPosts(
  client: PublicClient,
  { distributor }: Deployment,
  blocks: { readonly fromBlock: bigint; readonly toBlock: bigint },
): Promise<Pick<Facts, "posts" | "vetoes">> {
  const posts: Logged<PostFacts>[] = [];
  const vetoes: Logged<Vetoed>[] = [];
  for await (const log of readLogs({ client, ...blocks, contracts: [distributor] })) {
    if (log.eventName === "RootPosted") posts.push({ ...log.args, at: positionOf(log) });
    if (log.eventName === "RootVetoed") vetoes.push(vetoIn(log.args, positionOf(log)));
  }
  return { posts, vetoes };
}

/** An event counts only from the contract that may emit it. */
function addLog(facts: Facts, log: ChainLog, { registry, market, distributor }: Deployment): void {
  const { eventName, args } = log;
  const emitter = lower(log.address);
  const at = positionOf(log);
  if (emitter === registry && eventName === "ProverRegistered") {
    const { vault, timestamp: registeredAt } = args;
    const prover = lower(args.prover);
    const lists = { rates: [], assets: [], claims: [] };
    facts.registrations.push({ ...args, prover, vault: lower(vault), payout: lower(args.payout), at });
    facts.provers.set(prover, { prover, vault: lower(vault), registeredAt, at, ...lists });
  } else if (emitter === registry && eventName === "CommissionChanged") {
    const { bps, announcedAt, effectiveAt, sequence, rollingHash } = args;
    const change = { source: lower(args.source), bps, announcedAt, effectiveAt, sequence, rollingHash, at };
    const prover = lower(args.prover);
    const known = facts.provers.get(prover);
    if (known === undefined) facts.strays.push({ topic: "commissions", prover, at });
    else known.rates.push(change);
  } else if (emitter === market && eventName === "Fulfilled") {
    const [prover, requester] = [lower(args.prover), lower(args.requester)];
    append(facts.fulfilments, Number(args.epoch), { ...args, prover, requester, at });
  } else if (emitter === market && eventName === "Missed") {
    append(facts.misses, Number(args.epoch), { ...args, prover: lower(args.prover), at });
  } else if (emitter === distributor && eventName === "SegmentAdded") {
    facts.segments.push({ ...args, at });
  } else if (emitter === distributor && eventName === "RootPosted") {
    facts.posts.push({ ...args, at });
  } else if (emitter === distributor && eventName === "RootVetoed") {
    facts.vetoes.push(vetoIn(args, at));
  } else if (emitter === distributor && eventName === "Claimed") {
    const { epoch, cumulative, amount, commission } = args;
    const prover = lower(args.prover);
    const known = facts.provers.get(prover);
    if (known === undefined) facts.strays.push({ topic: "claims", prover, at });
    else known.claims.push({ epoch, cumulative, amount, commission, at });
  }
}

function vetoIn(args: Omit<Vetoed, "by"> & { readonly by: string }, at: LogPosition): Logged<Vetoed> {
  return { ...args, by: lower(args.by), at };
}

function addVaultLog(byVault: ReadonlyMap<Address, ProverFacts>, log: ChainLog): void {
  if (log.eventName !== "ActiveAssetsChanged") return;
  const { activeAssets: active, timestamp, rollingHash } = log.args;
  const change = { active, timestamp, rollingHash, at: positionOf(log) };
  byVault.get(lower(log.address))?.assets.push(change);
}

export function positionOf(log: {
  readonly eventName: string;
  readonly blockNumber: bigint;
  readonly transactionHash: Hex;
  readonly logIndex: number;
}): LogPosition {
  const { eventName: event, blockNumber: block, transactionHash: transaction, logIndex: index } = log;
  return { event, block, transaction, index };
}

function append<T>(lists: Map<number, T[]>, key: number, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
