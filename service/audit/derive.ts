// SPDX-License-Identifier: AGPL-3.0-only
import { stringToBytes } from "viem";
import type { RegistrationEntry } from "../core/ids.ts";
import type { Address, Hex, PostContent } from "../core/types.ts";
import { hashOfWords, keccakOf } from "./hash.ts";

/** A vault's active assets from `timestamp` on. */
export interface AssetChange {
  readonly active: bigint;
  readonly timestamp: bigint;
  /** Of this change and all before it, as the vault says. */
  readonly rollingHash: bigint;
}

export interface Registration extends RegistrationEntry {
  /** Of this registration and all before it, as the registry says. */
  readonly rollingHash: bigint;
}

export interface RateChange {
  readonly source: Address;
  readonly bps: bigint;
  readonly announcedAt: bigint;
  readonly effectiveAt: bigint;
  readonly sequence: bigint;
}

export interface Posted extends PostContent {
  readonly postedAt: bigint;
  readonly claimableAt: bigint;
  readonly quorum: bigint;
  /** Of this post and all posts and vetoes before it, as the distributor says. */
  readonly rollingHash: Hex;
}

export interface Vetoed {
  readonly epoch: bigint;
  readonly postNumber: bigint;
  readonly by: Address;
  readonly root: Hex;
  readonly rollingHash: Hex;
}

export interface Fulfilled {
  readonly id: Hex;
  readonly prover: Address;
  readonly requester: Address;
  readonly sequence: bigint;
  readonly statementId: Hex;
  readonly fee: bigint;
  readonly protocolFee: bigint;
  readonly weight: bigint;
  readonly countedWeight: bigint;
  readonly timestamp: bigint;
}

export interface Missed {
  readonly id: Hex;
  readonly prover: Address;
  readonly sequence: bigint;
  readonly deadline: bigint;
  readonly slashed: bigint;
  readonly timestamp: bigint;
}

const DEFAULT_SOURCE: Address = `0x${"0".repeat(40)}`;
const NO_OVERRIDE = 65_535n;

/**
 * The market's accumulator of an epoch's fulfilments after one more: keccak256 of one word each. Amounts in wei, the
 * time in seconds.
 */
export function fulfilmentHash(previous: Hex, log: Fulfilled): Hex {
  const { sequence, id, prover, requester, statementId } = log;
  const { fee, protocolFee, weight, countedWeight, timestamp } = log;
  const amounts = [fee, protocolFee, weight, countedWeight, timestamp];
  return hashOfWords(previous, sequence, id, prover, requester, statementId, ...amounts);
}

/** The same of an epoch's misses, by the epoch of their deadline. */
export function missHash(previous: Hex, { sequence, id, prover, deadline, slashed, timestamp }: Missed): Hex {
  return hashOfWords(previous, sequence, id, prover, deadline, slashed, timestamp);
}

/** The registry's rolling hash of a prover's commissions after one more. */
export function rateHash(previous: Hex, change: RateChange): Hex {
  const { sequence, source, bps, announcedAt, effectiveAt } = change;
  return hashOfWords(previous, sequence, source, bps, announcedAt, effectiveAt);
}

const LOW_224 = (1n << 224n) - 1n;

/**
 * The registry's rolling hash of all registrations after one more, of which it keeps the low 224 bits (SPEC, 2); 0
 * before the first.
 */
export function registrationHash(previous: bigint, log: Registration): bigint {
  const { sequence, prover, vault, commissionBps, payout, timestamp } = log;
  return BigInt(hashOfWords(previous, sequence, prover, vault, commissionBps, payout, timestamp)) & LOW_224;
}

const POST_TYPE = keccakOf(
  stringToBytes(
    "Attestation(uint256 epoch,uint256 postNumber,bytes32 root,uint256 cumulativeTotal,bytes32 datasetHash,uint256 snapshotBlock,bytes32 snapshotHash)",
  ),
);

/** What attestations sign, and a post is known by. */
export function hashOfPost(post: Posted): Hex {
  const { epoch, postNumber, root, cumulativeTotal, datasetHash, snapshotBlock, snapshotHash } = post;
  return hashOfWords(
    ...[POST_TYPE, epoch, postNumber, root, cumulativeTotal, datasetHash, snapshotBlock, snapshotHash],
  );
}

/** The distributor's rolling hash of posts and vetoes after a post. */
export function postedHash(previous: Hex, post: Posted): Hex {
  return hashOfWords(previous, hashOfPost(post), post.postedAt, post.claimableAt, post.quorum);
}

/** The same after a veto of the post with this hash. */
export function vetoedHash(previous: Hex, postHash: Hex, { by }: Vetoed): Hex {
  return hashOfWords(previous, postHash, by);
}

const LOW_160 = (1n << 160n) - 1n;

/**
 * A vault's rolling hash after one more change of its active assets, of which it keeps the low 160 bits (SPEC, 4); 0
 * before the first.
 */
export function assetsHash(
  previous: bigint,
  { active, timestamp }: Omit<AssetChange, "rollingHash">,
): bigint {
  return BigInt(hashOfWords(previous, active, timestamp)) & LOW_160;
}

/** Active assets in wei, weighted by the seconds of [start, end) that they were there; rounded down (SPEC, 4). */
export function stakeOver(
  changes: readonly Omit<AssetChange, "rollingHash">[],
  start: bigint,
  end: bigint,
): bigint {
  let assetSeconds = 0n;
  changes.forEach(({ active, timestamp }, i) => {
    const next = changes[i + 1]?.timestamp ?? end;
    const from = timestamp > start ? timestamp : start;
    const to = next < end ? next : end;
    if (to > from) assetSeconds += active * (to - from);
  });
  return assetSeconds / (end - start);
}

/**
 * The rate that `source` paid at `time` (seconds), in bps: the registry's two rates per source, replayed (SPEC, 5).
 */
export function rateAt(changes: readonly RateChange[], source: Address, time: bigint): number {
  const entries = new Map<Address, { bps: bigint; next?: RateChange | undefined }>();
  for (const change of changes) {
    if (change.announcedAt > time) break;
    const entry = entries.get(change.source) ?? { bps: NO_OVERRIDE };
    settle(entry, change.announcedAt);
    entry.next = change;
    entries.set(change.source, entry);
  }
  const inForce = (wanted: Address) => {
    const entry = entries.get(wanted) ?? { bps: NO_OVERRIDE };
    settle(entry, time);
    return entry.bps;
  };
  const override = inForce(source);
  return Number(override === NO_OVERRIDE ? inForce(DEFAULT_SOURCE) : override);
}

function settle(entry: { bps: bigint; next?: RateChange | undefined }, time: bigint): void {
  if (entry.next === undefined || entry.next.effectiveAt > time) return;
  entry.bps = entry.next.bps;
  entry.next = undefined;
}
