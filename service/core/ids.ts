// SPDX-License-Identifier: AGPL-3.0-only
import { asAddress, asHash, asUint } from "./guard.ts";
import { writeHex, writeUint } from "./hex.ts";
import { keccakHex } from "./keccak.ts";
import type { Address, Hex, PostContent } from "./types.ts";

/** What an accumulator holds before its first step. */
export const EMPTY_ACCUMULATOR: Hex = `0x${"0".repeat(64)}`;

/** A vault's rolling hash before its first change of active assets. */
export const EMPTY_STAKE_HASH: Hex = `0x${"0".repeat(40)}`;

/** In place of a rate: the source has none of its own any more, so the default applies. */
export const NO_OVERRIDE = 65_535;

export interface MissEntry {
  /** Counts from 1 in every deadline's epoch. */
  readonly sequence: bigint;
  readonly requestId: Hex;
  readonly prover: Address;
  readonly deadline: bigint;
  readonly slashed: bigint;
  readonly timestamp: bigint;
}

export interface StakeEntry {
  readonly activeAssets: bigint;
  readonly timestamp: bigint;
}

/** What is proven, and under which key: `keccak256(abi.encode(verifierKeyHash, programKey, publicValuesDigest))`. */
export function statementId(verifierKeyHash: Hex, programKey: Hex, publicValuesDigest: Hex): Hex {
  return hashWords([
    asHash(verifierKeyHash, "verifierKeyHash"),
    asHash(programKey, "programKey"),
    asHash(publicValuesDigest, "publicValuesDigest"),
  ]);
}

/** The accumulator of an epoch's misses after one more; amounts in wei, times in seconds (SPEC, 3). */
export function missStep(previous: Hex, entry: MissEntry): Hex {
  return hashWords([
    asHash(previous, "previous"),
    asUint(entry.sequence, "sequence"),
    asHash(entry.requestId, "requestId"),
    asAddress(entry.prover, "prover"),
    asUint(entry.deadline, "deadline"),
    asUint(entry.slashed, "slashed"),
    asUint(entry.timestamp, "timestamp"),
  ]);
}

/** A vault's rolling hash after one more change of its active assets, in wei and seconds: 20 bytes (SPEC, 4). */
export function stakeStep(previous: Hex, entry: StakeEntry): Hex {
  const hash = hashWords([
    asAddress(previous, "previous"),
    asUint(entry.activeAssets, "activeAssets"),
    asUint(entry.timestamp, "timestamp"),
  ]);
  return `0x${hash.slice(-40)}`;
}

export interface RegistrationEntry {
  /** Counts from 1. */
  readonly sequence: bigint;
  readonly prover: Address;
  readonly vault: Address;
  readonly commissionBps: bigint;
  readonly payout: Address;
  readonly timestamp: bigint;
}

/** The rolling hash of all registrations after one more: the low 224 bits; 0 before the first (SPEC, 2). */
export function registrationStep(previous: bigint, entry: RegistrationEntry): bigint {
  const hash = hashWords([
    asUint(previous, "previous", MAX_REGISTRATIONS_HASH),
    asUint(entry.sequence, "sequence"),
    asAddress(entry.prover, "prover"),
    asAddress(entry.vault, "vault"),
    asUint(entry.commissionBps, "commissionBps"),
    asAddress(entry.payout, "payout"),
    asUint(entry.timestamp, "timestamp"),
  ]);
  return BigInt(hash) & MAX_REGISTRATIONS_HASH;
}

const MAX_REGISTRATIONS_HASH = 2n ** 224n - 1n;

/** keccak256 of the EIP-712 type `Attestation(uint256 epoch,uint256 postNumber,bytes32 root,uint256 cumulativeTotal,bytes32 datasetHash,uint256 snapshotBlock,bytes32 snapshotHash)`. */
const ATTESTATION_TYPE_HASH: Hex = "0xcfadcf720e482a77697c7dac1b27dcbfd2125f4f46713a26c51eb42c89b9ab59";

/** A post's hash: the EIP-712 struct hash of its attestations. */
export function postHash(post: PostContent): Hex {
  return hashWords([
    ATTESTATION_TYPE_HASH,
    asUint(post.epoch, "epoch"),
    asUint(post.postNumber, "postNumber"),
    asHash(post.root, "root"),
    asUint(post.cumulativeTotal, "cumulativeTotal"),
    asHash(post.datasetHash, "datasetHash"),
    asUint(post.snapshotBlock, "snapshotBlock"),
    asHash(post.snapshotHash, "snapshotHash"),
  ]);
}

/** The rolling hash of posts and vetoes after a post; the domain before the first (SPEC, 2). Times in seconds. */
export function postStep(
  previous: Hex,
  post: PostContent & { readonly postedAt: bigint; readonly claimableAt: bigint; readonly quorum: bigint },
): Hex {
  return hashWords([
    asHash(previous, "previous"),
    postHash(post),
    asUint(post.postedAt, "postedAt"),
    asUint(post.claimableAt, "claimableAt"),
    asUint(post.quorum, "quorum"),
  ]);
}

/** The same after a veto of the post that has this hash. */
export function vetoStep(previous: Hex, vetoedHash: Hex, by: Address): Hex {
  return hashWords([asHash(previous, "previous"), asHash(vetoedHash, "postHash"), asAddress(by, "by")]);
}

/**
 * keccak256(abi.encode(...)) of values that are one word each: hashes, left-padded addresses, unsigned integers. None
 * is checked.
 * @throws InvariantError before initKeccak() is done.
 */
export function hashWords(words: readonly (Hex | bigint)[]): Hex {
  const bytes = new Uint8Array(32 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => {
    if (typeof word === "bigint") writeUint(word, view, 32 * i);
    else writeHex(word, bytes, 32 * (i + 1) - (word.length - 2) / 2);
  });
  return keccakHex(bytes);
}
