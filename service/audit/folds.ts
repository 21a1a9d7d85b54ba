// SPDX-License-Identifier: AGPL-3.0-only
// What is kept of logs that come by the million: sums, ends of series, and what is still open.
import type { Address, Campaign, CampaignWork, Hex } from "../core/types.ts";
import { addToCampaign } from "./campaigns.ts";
import { boundsOf, type Deployment } from "./deployment.ts";
import { type AssetChange, assetsHash, type Fulfilled } from "./derive.ts";
import { ZERO_HASH } from "./hash.ts";
import type { Logged, LogPosition } from "./logged.ts";

/** Entries numbered from 1, each folded into a hash. */
export interface Rolled {
  count: number;
  hash: Hex;
  /** False once a number was not the next: then nothing more was folded. */
  isInOrder: boolean;
  readonly first: { readonly prover: Address; readonly at: LogPosition };
  last: LogPosition;
}

/** Before the first entry, which is this one: it is not taken in yet. */
export function rolledFrom({ prover, at }: Logged<{ readonly prover: Address }>): Rolled {
  return { count: 0, hash: ZERO_HASH, isInOrder: true, first: { prover, at }, last: at };
}

/** Takes the next entry in; one whose number is not the next ends it, and is not folded. */
export function roll<Entry extends { readonly sequence: bigint }>(
  rolled: Rolled,
  entry: Logged<Entry>,
  fold: (previous: Hex, entry: Entry) => Hex,
): void {
  rolled.last = entry.at;
  if (!rolled.isInOrder) return;
  if (entry.sequence !== BigInt(rolled.count) + 1n) {
    rolled.isInOrder = false;
    return;
  }
  rolled.hash = fold(rolled.hash, entry);
  rolled.count++;
}

/** What a prover did in one epoch. */
interface WorkSums {
  work: bigint;
  fulfilments: number;
  fees: bigint;
  protocolFees: bigint;
  /** Undefined where the epoch's policy has none. */
  campaigns: readonly CampaignWork[] | undefined;
}

export interface EpochWork extends Rolled {
  /** What was in force when the first of these was logged. */
  readonly campaigns: readonly Campaign[] | undefined;
  readonly provers: Map<Address, WorkSums>;
}

/**
 * Adds to the prover's sums, in wei: fees of all fulfilments, protocol fees of those that counted (SPEC, 3). The address
 * is kept as `known` has it: a text of its own for each epoch would keep the log that it is cut from.
 */
export function addWork(
  { provers, campaigns }: EpochWork,
  log: Fulfilled,
  known: ReadonlyMap<Address, { readonly prover: Address }>,
): void {
  let sums = provers.get(log.prover);
  if (sums === undefined) {
    sums = { work: 0n, fulfilments: 0, fees: 0n, protocolFees: 0n, campaigns: campaigns && [] };
    provers.set(known.get(log.prover)?.prover ?? log.prover, sums);
  }
  sums.work += log.countedWeight;
  sums.fulfilments++;
  sums.fees += log.fee;
  if (log.countedWeight > 0n) sums.protocolFees += log.protocolFee;
  if (campaigns !== undefined) sums.campaigns = addToCampaign(campaigns, sums.campaigns ?? [], log);
}

/** A vault's active assets over time: for each epoch in which they changed, what that comes to. */
export interface AssetSeries {
  readonly epochs: {
    readonly epoch: number;
    /** Active assets times seconds, from the epoch's start to its last change. */
    assetSeconds: bigint;
    /** From its last change on. */
    active: bigint;
    since: bigint;
  }[];
  last: Logged<AssetChange> | undefined;
  /** The first change whose hash does not continue the one before, and the block of that. */
  broken: { readonly at: LogPosition; readonly before: bigint | undefined } | undefined;
}

/** A vault without a change. */
export function noAssets(): AssetSeries {
  return { epochs: [], last: undefined, broken: undefined };
}

/** The epoch -1 is all that comes before the first. */
export function addAssets(series: AssetSeries, change: Logged<AssetChange>, deployment: Deployment): void {
  if (series.broken !== undefined) return;
  const { last } = series;
  if (change.rollingHash !== assetsHash(last?.rollingHash ?? 0n, change)) {
    series.broken = { at: change.at, before: last?.at.block };
    return;
  }
  series.last = change;
  const { active, timestamp } = change;
  const { clockStart, epochLength } = deployment;
  const epoch = timestamp < clockStart ? -1 : Number((timestamp - clockStart) / epochLength);
  const end = series.epochs.at(-1);
  if (end?.epoch === epoch) {
    end.assetSeconds += end.active * (timestamp - end.since);
    Object.assign(end, { active, since: timestamp });
    return;
  }
  const before =
    end === undefined || epoch < 0 ? 0n : end.active * (timestamp - boundsOf(deployment, epoch).start);
  series.epochs.push({ epoch, assetSeconds: before, active, since: timestamp });
}

/** Active assets in wei, weighted by the seconds of an epoch that they were there; rounded down. */
export function stakeIn({ epochs }: AssetSeries, deployment: Deployment, epoch: number): bigint {
  const found = epochs.findLast((one) => one.epoch <= epoch);
  if (found === undefined) return 0n;
  if (found.epoch < epoch) return found.active;
  const { start, end } = boundsOf(deployment, epoch);
  return (found.assetSeconds + found.active * (end - found.since)) / (end - start);
}

/** What a prover has claimed over time. */
export interface ClaimSeries {
  /** After each claim, by its block. */
  readonly made: {
    readonly block: bigint;
    readonly cumulative: bigint;
    readonly cumulativeCommission: bigint;
  }[];
  last: LogPosition | undefined;
  /** The first that does not continue the one before, or is of no post. */
  broken: LogPosition | undefined;
}

export interface Claim {
  readonly epoch: bigint;
  readonly cumulative: bigint;
  readonly amount: bigint;
  readonly commission: bigint;
}

/** A prover without a claim. */
export function noClaims(): ClaimSeries {
  return { made: [], last: undefined, broken: undefined };
}

/** `isOfPost`: whether a root had been posted for its epoch by then. */
export function addClaim(series: ClaimSeries, claim: Logged<Claim>, isOfPost: boolean): void {
  const { cumulative, amount, commission, at } = claim;
  const before = series.made.at(-1);
  series.last = at;
  if (cumulative !== (before?.cumulative ?? 0n) + amount || commission > amount || !isOfPost) {
    series.broken ??= at;
  }
  const cumulativeCommission = (before?.cumulativeCommission ?? 0n) + commission;
  series.made.push({ block: at.block, cumulative, cumulativeCommission });
}
