// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import type { Address, Campaign, EpochInput, Hex, Miss } from "../core/types.ts";
import { type Deployment, epochOf, lower } from "./deployment.ts";
import {
  type Fulfilled,
  fulfilmentHash,
  type Missed,
  missHash,
  type Posted,
  type RateChange,
  type Registration,
  type Vetoed,
} from "./derive.ts";
import {
  type AssetSeries,
  addAssets,
  addClaim,
  addWork,
  type ClaimSeries,
  type EpochWork,
  noAssets,
  noClaims,
  type Rolled,
  roll,
  rolledFrom,
} from "./folds.ts";
import { type Logged, type LogPosition, positionOf } from "./logged.ts";
import { type ChainLog, readLogs } from "./logs.ts";
import type { progressOf } from "./progress.ts";
import { policyOf, type SegmentFacts, segmentOf, UnreadablePolicy } from "./segments.ts";

export interface ProverFacts {
  readonly prover: Address;
  readonly vault: Address;
  readonly registeredAt: bigint;
  readonly rates: Logged<RateChange & { readonly rollingHash: Hex }>[];
  readonly assets: AssetSeries;
  readonly claims: ClaimSeries;
}

export type PostFacts = Posted;

/** What an epoch's provers did, where our own contracts' logs do not say it. */
export type WorkOf = (
  epoch: Pick<EpochInput, "epoch" | "start" | "end" | "policy" | "snapshot">,
) => Pick<EpochInput, "provers" | "misses" | "fulfilments">;

/** Final blocks, or ones that may still be replaced, of which every log was added. */
interface ReadRange {
  readonly fromBlock: bigint;
  readonly toBlock: bigint;
  readonly finality?: "latest" | undefined;
  /** So many registrations were known when the vaults' logs were read. */
  readonly registrations: number;
}

/**
 * What the logs say, in chain order, up to one final block; posts also beyond it. Of fulfilments, misses, changes of assets
 * and claims only what they come to is kept: who wants them one by one reads them again, by what `ranges` says.
 */
export interface Facts {
  readonly registrations: Logged<Registration>[];
  readonly provers: Map<Address, Logged<ProverFacts>>;
  readonly work: Map<number, EpochWork>;
  /** By the epoch of the deadline. */
  readonly misses: Map<number, Rolled>;
  /** By the epoch that they were booked in. */
  readonly booked: Map<number, Miss[]>;
  readonly segments: Logged<SegmentFacts>[];
  /** Segments that came after work of an epoch that they give campaigns to, or take them from: no contract allows it. */
  readonly late: Logged<SegmentFacts>[];
  /** Logs that name a prover before its registration, which no contract emits. */
  readonly strays: Logged<{ readonly topic: "commissions" | "claims"; readonly prover: Address }>[];
  readonly posts: Logged<PostFacts>[];
  readonly vetoes: Logged<Vetoed>[];
  readonly ranges: ReadRange[];
  readonly beside?: WorkOf | undefined;
}

/** What is known before any log is read. */
export function noFacts(): Facts {
  return {
    ...{ registrations: [], provers: new Map(), work: new Map(), misses: new Map(), booked: new Map() },
    ...{ segments: [], late: [], strays: [], posts: [], vetoes: [], ranges: [] },
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

/**
 * Adds every log of some blocks, both ends among them, final ones if not said otherwise, that no log was added of
 * before.
 * @throws ChainError if they cannot be read; what the signal was aborted with
 */
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
  const byVault = vaultsOf(facts, facts.registrations.length);
  facts.ranges.push({ ...blocks, finality, registrations: facts.registrations.length });
  const vaults = byVault.size === 0 ? [] : readLogs({ ...range, contracts: [...byVault.keys()] });
  for await (const log of vaults) {
    const prover = facts.provers.get(byVault.get(lower(log.address)) ?? log.address);
    const change = assetChangeIn(log);
    if (prover !== undefined && change !== undefined) addAssets(prover.assets, change, deployment);
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

/** Whose vault each is, by the first so many registrations. */
export function vaultsOf(
  { registrations }: Pick<Facts, "registrations">,
  count: number,
): Map<Address, Address> {
  const vaults = new Map(registrations.slice(0, count).map(({ prover, vault }) => [prover, vault]));
  return new Map(Array.from(vaults, ([prover, vault]) => [vault, prover]));
}

/** A fulfilment, with addresses in lower case; undefined for another event. Whoever asks looks at the emitter. */
export function fulfilmentIn(log: ChainLog): (Logged<Fulfilled> & { readonly epoch: number }) | undefined {
  if (log.eventName !== "Fulfilled") return undefined;
  const { args } = log;
  const [prover, requester] = [lower(args.prover), lower(args.requester)];
  return { ...args, epoch: Number(args.epoch), prover, requester, at: positionOf(log) };
}

/** A miss, under the epoch that the log names; undefined for another event. */
export function missIn(log: ChainLog): (Logged<Missed> & { readonly epoch: number }) | undefined {
  if (log.eventName !== "Missed") return undefined;
  const { args } = log;
  return { ...args, epoch: Number(args.epoch), prover: lower(args.prover), at: positionOf(log) };
}

/** A vault's active assets in wei, since `timestamp` in seconds; undefined for another event. */
export function assetChangeIn(log: ChainLog) {
  if (log.eventName !== "ActiveAssetsChanged") return undefined;
  const { activeAssets: active, timestamp, rollingHash } = log.args;
  return { active, timestamp, rollingHash, at: positionOf(log) };
}

/** An event counts only from the contract that may emit it. */
function addLog(facts: Facts, log: ChainLog, deployment: Deployment): void {
  const { registry, market, distributor } = deployment;
  const emitter = lower(log.address);
  if (emitter === market) {
    const fulfilment = fulfilmentIn(log);
    if (fulfilment !== undefined) addFulfilment(facts, fulfilment.epoch, fulfilment);
    const miss = missIn(log);
    if (miss !== undefined) addMiss(facts, miss.epoch, miss, deployment);
    return;
  }
  const { eventName, args } = log;
  const at = positionOf(log);
  if (emitter === registry && eventName === "ProverRegistered") {
    const { vault, timestamp: registeredAt } = args;
    const prover = lower(args.prover);
    const series = { rates: [], assets: noAssets(), claims: noClaims() };
    facts.registrations.push({ ...args, prover, vault: lower(vault), payout: lower(args.payout), at });
    facts.provers.set(prover, { prover, vault: lower(vault), registeredAt, at, ...series });
  } else if (emitter === registry && eventName === "CommissionChanged") {
    const { bps, announcedAt, effectiveAt, sequence, rollingHash } = args;
    const change = { source: lower(args.source), bps, announcedAt, effectiveAt, sequence, rollingHash, at };
    const prover = lower(args.prover);
    const known = facts.provers.get(prover);
    if (known === undefined) facts.strays.push({ topic: "commissions", prover, at });
    else known.rates.push(change);
  } else if (emitter === distributor && eventName === "SegmentAdded") {
    addSegment(facts, { ...args, at });
  } else if (emitter === distributor && eventName === "RootPosted") {
    facts.posts.push({ ...args, at });
  } else if (emitter === distributor && eventName === "RootVetoed") {
    facts.vetoes.push(vetoIn(args, at));
  } else if (emitter === distributor && eventName === "Claimed") {
    const { epoch, cumulative, amount, commission } = args;
    const prover = lower(args.prover);
    const known = facts.provers.get(prover);
    const isOfPost = facts.posts.some((post) => post.epoch === epoch);
    // An adapter registers nobody.
    if (known === undefined && registry !== market) facts.strays.push({ topic: "claims", prover, at });
    else if (known !== undefined)
      addClaim(known.claims, { epoch, cumulative, amount, commission, at }, isOfPost);
  }
}

/** Counts it for its epoch, under the campaigns of the segments that were logged before it. */
export function addFulfilment(facts: Facts, epoch: number, log: Logged<Fulfilled>): void {
  let work = facts.work.get(epoch);
  if (work === undefined) {
    work = { ...rolledFrom(log), campaigns: campaignsIn(facts, epoch), provers: new Map() };
    facts.work.set(epoch, work);
  }
  roll(work, log, fulfilmentHash);
  addWork(work, log, facts.provers);
}

/** `deadlineEpoch`: as the log names it; that of its deadline where the log is the market's. */
export function addMiss(
  { misses, booked }: Facts,
  deadlineEpoch: number,
  log: Logged<Missed>,
  deployment: Deployment,
): void {
  let rolled = misses.get(deadlineEpoch);
  if (rolled === undefined) {
    rolled = rolledFrom(log);
    misses.set(deadlineEpoch, rolled);
  }
  roll(rolled, log, missHash);
  if (log.timestamp < deployment.clockStart) return;
  const { prover, id: requestId, deadline } = log;
  const miss = { prover, deadlineEpoch: epochOf(deployment, deadline), requestId };
  append(booked, epochOf(deployment, log.timestamp), miss);
}

/** One that would have changed how work that came before it was counted is kept as late. */
export function addSegment(facts: Facts, segment: Logged<SegmentFacts>): void {
  facts.segments.push(segment);
  const changes = [...facts.work].some(
    ([epoch, { campaigns }]) =>
      BigInt(epoch) >= segment.fromEpoch &&
      JSON.stringify(campaigns) !== JSON.stringify(campaignsIn(facts, epoch)),
  );
  if (changes) facts.late.push(segment);
}

function campaignsIn(facts: Facts, epoch: number): readonly Campaign[] | undefined {
  try {
    const policy = policyOf(segmentOf(facts, epoch), epoch);
    return policy.version === 2 ? policy.campaigns : undefined;
  } catch (error) {
    if (error instanceof UnreadablePolicy) return undefined;
    throw error;
  }
}

function vetoIn(args: Omit<Vetoed, "by"> & { readonly by: string }, at: LogPosition): Logged<Vetoed> {
  return { ...args, by: lower(args.by), at };
}

/** Adds to the list under a key. */
export function append<K, T>(lists: Map<K, T[]>, key: K, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}
