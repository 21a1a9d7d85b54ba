// SPDX-License-Identifier: AGPL-3.0-only
import type { EventOf, LoggedEvent } from "../core/chain-event.ts";
import { STEP_BYTES } from "../core/decode-logs.ts";
import { hexOf, writeHex } from "../core/hex.ts";
import { EMPTY_ACCUMULATOR, EMPTY_STAKE_HASH, stakeStep } from "../core/ids.ts";
import { keccak256 } from "../core/keccak.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Deployment } from "./deployment.ts";
import { epochOf } from "./epochs.ts";
import { InconsistentLogs } from "./inconsistent.ts";
import { proverOf } from "./sources.ts";

/** A prover's activity in one epoch, in the making. */
export interface EpochActivity {
  readonly epoch: number;
  fulfilments: number;
  misses: number;
  work: bigint;
  fees: bigint;
  protocolFees: bigint;
  vault: VaultState;
}

/** A vault, as its last change left it. */
export interface VaultState {
  readonly active: bigint;
  /** Σ active·seconds up to `changedAt`. */
  readonly activeSeconds: bigint;
  readonly rollingHash: Hex;
  readonly changedAt: number;
  readonly changedIn: number;
}

/** A vault before its first change. */
export const NEW_VAULT: VaultState = {
  ...{ active: 0n, activeSeconds: 0n, rollingHash: EMPTY_STAKE_HASH, changedAt: 0, changedIn: 0 },
};

/** An epoch's fulfilments, or its misses, so far. */
export interface Accumulator {
  readonly count: number;
  readonly hash: Hex;
}

/** Where nothing was counted. */
export const NOTHING: Accumulator = { count: 0, hash: EMPTY_ACCUMULATOR };

export interface ActivityState {
  /** The numbers of the provers, by their address. */
  readonly provers: ReadonlyMap<Address, number>;
  /** The same by their vault's. */
  readonly vaults: ReadonlyMap<Address, number>;
  /** Each prover's latest. */
  readonly latest: Map<number, EpochActivity>;
  /** By epoch. */
  readonly fulfilments: ReadonlyMap<number, Accumulator>;
}

/** What the fold changed, to be written. */
export interface ActivityChanges {
  readonly activity: readonly (EpochActivity & { readonly prover: number })[];
  readonly fulfilments: ReadonlyMap<number, Accumulator>;
}

/**
 * Adds logs to the epoch activity, in chain order; each must continue what is there: fulfilments by their sequence numbers,
 * vaults by their rolling hash.
 */
export function foldActivity(
  deployment: Deployment,
  { provers, vaults, latest, fulfilments }: ActivityState,
  events: Iterable<LoggedEvent>,
): ActivityChanges {
  const changed = new Map<EpochActivity, number>();
  const counted = new Map<number, Rolling>();

  for (const { address, blockNumber, event } of events) {
    switch (event.name) {
      case "Fulfilled":
        countFulfilment(event, blockNumber);
        break;
      case "Missed":
        activityOf(
          proverOf(provers, event.prover, blockNumber),
          epochOf(deployment, event.timestamp),
        ).misses += 1;
        break;
      case "ActiveAssetsChanged":
        changeVault(address, event, blockNumber);
        break;
    }
  }
  return {
    activity: Array.from(changed, ([activity, prover]) => ({ ...activity, prover })),
    fulfilments: new Map(
      Array.from(counted, ([epoch, { count, words }]) => [epoch, { count, hash: hexOf(words, 0, HASH) }]),
    ),
  };

  function countFulfilment(event: EventOf<"Fulfilled">, block: number): void {
    const { prover, fee, protocolFee, countedWeight, timestamp } = event;
    const epoch = epochOf(deployment, timestamp);
    if (event.epoch !== BigInt(epoch)) {
      throw new InconsistentLogs(
        `block ${block}: a fulfilment of epoch ${epoch} says that it is of ${event.epoch}`,
      );
    }
    const accumulator = counted.get(epoch) ?? rollingFrom(fulfilments.get(epoch));
    counted.set(epoch, accumulator);
    const sequence = BigInt(accumulator.count + 1);
    if (event.sequence !== sequence)
      throw outOfSequence("fulfilment", epoch, sequence, event.sequence, block);
    accumulator.count += 1;
    accumulator.words.set(event.step, HASH);
    accumulator.words.set(keccak256(accumulator.words));
    const activity = activityOf(proverOf(provers, prover, block), epoch);
    activity.fulfilments += 1;
    activity.work += countedWeight;
    activity.fees += fee;
    // A repeated statement that counts nothing must not buy room under fee match either.
    if (countedWeight > 0n) activity.protocolFees += protocolFee;
  }

  function changeVault(address: Address, event: EventOf<"ActiveAssetsChanged">, block: number): void {
    const { activeAssets: active, timestamp, rollingHash } = event;
    const prover = vaults.get(address);
    if (prover === undefined) {
      throw new InconsistentLogs(
        `block ${block}: the registration of the prover with vault ${address} is missing from the logs`,
      );
    }
    const activity = activityOf(prover, epochOf(deployment, timestamp));
    const before = activity.vault;
    if (rollingHash !== stakeStep(before.rollingHash, event)) {
      const since = before.changedIn === 0 ? "its creation" : `block ${before.changedIn}`;
      throw new InconsistentLogs(
        `vault ${address}: a change of active assets is missing from the logs or altered between ${since} and block ${block}`,
      );
    }
    const activeSeconds = sumAt(before, timestamp);
    activity.vault = {
      ...{ active, activeSeconds, rollingHash, changedAt: Number(timestamp), changedIn: block },
    };
  }

  /** A new epoch begins with the vault as the one before left it. */
  function activityOf(prover: number, epoch: number): EpochActivity {
    let activity = latest.get(prover);
    if (activity === undefined || activity.epoch < epoch) {
      const idle = { fulfilments: 0, misses: 0, work: 0n, fees: 0n, protocolFees: 0n };
      activity = { epoch, ...idle, vault: activity?.vault ?? NEW_VAULT };
      latest.set(prover, activity);
    }
    changed.set(activity, prover);
    return activity;
  }
}

/** For a log whose number is not the next one. */
export function outOfSequence(
  kind: "fulfilment" | "miss",
  epoch: number,
  expected: bigint,
  found: bigint,
  block: number,
): InconsistentLogs {
  const what =
    found > expected
      ? `${expected} is missing from the logs before`
      : `${found} is out of order in the logs at`;
  return new InconsistentLogs(`epoch ${epoch}: ${kind} ${what} block ${block}`);
}

const HASH = 32;

/** An accumulator in the making: its hash, and what is hashed with it next. */
interface Rolling {
  count: number;
  readonly words: Uint8Array;
}

function rollingFrom({ count, hash }: Accumulator = NOTHING): Rolling {
  const words = new Uint8Array(HASH + STEP_BYTES);
  writeHex(hash, words, 0);
  return { count, words };
}

/** Σ active·seconds up to `time`, at or after the vault's last change. */
export function sumAt(
  { active, activeSeconds, changedAt }: Pick<VaultState, "active" | "activeSeconds" | "changedAt">,
  time: bigint,
): bigint {
  return activeSeconds + active * (time - BigInt(changedAt));
}
