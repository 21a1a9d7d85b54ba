// SPDX-License-Identifier: AGPL-3.0-only
import type { EventOf, Logged, LoggedEvent, StakeEvent } from "../core/chain-event.ts";
import { STEP_BYTES } from "../core/decode-logs.ts";
import { hexOf, writeHex } from "../core/hex.ts";
import { EMPTY_ACCUMULATOR, EMPTY_STAKE_HASH, stakeStep } from "../core/ids.ts";
import { keccak256 } from "../core/keccak.ts";
import {
  afterDeposit,
  afterExit,
  afterReward,
  afterSlash,
  NEW_VESTING,
  type Priced,
} from "../core/share-price.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Deployment } from "./deployment.ts";
import { epochOf } from "./epochs.ts";
import { type StakeBook, ZERO_ADDRESS } from "./fold-stakes.ts";
import { InconsistentLogs } from "./inconsistent.ts";
import { placeOf } from "./log-place.ts";
import { ownerOf, proverOf } from "./sources.ts";

/** A prover's activity in one epoch, in the making. */
export interface EpochActivity {
  readonly epoch: number;
  fulfilments: number;
  misses: number;
  work: bigint;
  fees: bigint;
  protocolFees: bigint;
  vault: VaultState;
  readonly income: Income;
}

/**
 * What came into a prover's vault in an epoch, in wei. Of the foundation's rewards the claims tell: they are not in it.
 */
export interface Income {
  /** Of fees that requesters paid: to stakers, and to the prover. */
  fees: bigint;
  feeCommission: bigint;
  /** Given by anybody else, to stakers. */
  other: bigint;
  /** What slashes took from active assets. */
  slashed: bigint;
}

/** A vault, as its last change left it. */
export interface VaultState extends Priced {
  /** Σ active·seconds up to `changedAt`. */
  readonly activeSeconds: bigint;
  readonly rollingHash: Hex;
  readonly changedAt: number;
  readonly changedIn: number;
}

/** A vault before its first change. */
export const NEW_VAULT: VaultState = {
  ...{ active: 0n, activeSeconds: 0n, rollingHash: EMPTY_STAKE_HASH, changedAt: 0, changedIn: 0 },
  ...{ shares: 0n, vesting: NEW_VESTING },
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

/** What is logged of shares: a vault logs it next to the change of its active assets, in the same transaction. */
export interface Stakes {
  readonly logs: readonly Logged<StakeEvent>[];
  /** Takes down what holders do; left out where that is known already. */
  readonly book?: StakeBook | undefined;
}

/**
 * Adds logs to the epoch activity, in chain order.
 * @throws InconsistentLogs where one does not continue what is there: fulfilments by their sequence numbers, vaults
 * by their rolling hash
 */
export function foldActivity(
  deployment: Deployment,
  { provers, vaults, latest, fulfilments }: ActivityState,
  events: readonly LoggedEvent[],
  { logs: stakes, book }: Stakes = { logs: [] },
): ActivityChanges {
  const changed = new Map<EpochActivity, number>();
  const counted = new Map<number, Rolling>();
  const neighbours = new Map(stakes.map((logged) => [placeOf(logged.blockNumber, logged.logIndex), logged]));
  /** Fees that were paid, and whose change of the vault is not seen yet. */
  const unpaired = new Map<number, UnpairedFee>();
  /** The last reward of each vault in the blocks that have claims. */
  const rewards = new Map<number, Reward>();
  const claimed = blocksOfClaims(events);
  let read = 0;
  let current = -1;

  for (const { address, blockNumber, logIndex, event } of events) {
    if (blockNumber !== current) payCommissions();
    current = blockNumber;
    if (read < stakes.length) readStakes(blockNumber, logIndex);
    switch (event.name) {
      case "Fulfilled":
        countFulfilment(event, blockNumber);
        break;
      case "Missed":
        activityOf(
          proverOf(provers, event.prover, blockNumber),
          epochOf(deployment, event.timestamp),
        ).misses += 1;
        book?.explain({ block: blockNumber, logIndex, cause: "missed", event });
        break;
      case "ActiveAssetsChanged":
        changeVault(address, event, blockNumber, logIndex);
        break;
      case "Claimed":
        countClaim(event, blockNumber);
        break;
    }
  }
  readStakes(Number.POSITIVE_INFINITY, 0);
  payCommissions();
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
    const number = proverOf(provers, prover, block);
    const activity = activityOf(number, epoch);
    activity.fulfilments += 1;
    activity.work += countedWeight;
    activity.fees += fee;
    // A repeated statement that counts nothing must not buy room under fee match either.
    if (countedWeight > 0n) activity.protocolFees += protocolFee;
    const before = unpaired.get(number);
    if (before !== undefined) payCommission(number, before);
    unpaired.set(number, { activity, amount: fee - protocolFee, block, time: timestamp });
  }

  /** What the vault logged of a fee comes in the same block: of those left nothing came to the stakers. */
  function payCommissions(): void {
    if (unpaired.size === 0) return;
    for (const [prover, fee] of unpaired) payCommission(prover, fee);
    unpaired.clear();
  }

  function payCommission(prover: number, { activity, amount, time }: UnpairedFee): void {
    activity.income.feeCommission += amount;
    const own = latest.get(prover) as EpochActivity;
    if (amount === 0n || own.vault.vesting.unvested === 0n) return;
    // The vault books what vests anew all the same, and rounds it.
    const { vestingPeriod: period } = deployment;
    own.vault = { ...own.vault, vesting: afterReward(own.vault, { assets: 0n, time, period }).vesting };
  }

  /** The vault has logged the reward before: it was the foundation's. */
  function countClaim({ prover, amount, commission }: EventOf<"Claimed">, block: number): void {
    const number = proverOf(provers, prover, block);
    const reward = rewards.get(number);
    if (reward?.block !== block || reward.assets !== amount - commission) return;
    const { income } = reward.activity;
    if (reward.isFee) {
      // All of the fee in the same block went to the commission.
      income.fees -= reward.assets;
      income.feeCommission += reward.assets;
    } else income.other -= reward.assets;
    changed.set(reward.activity, number);
    rewards.delete(number);
  }

  function changeVault(
    address: Address,
    event: EventOf<"ActiveAssetsChanged">,
    block: number,
    logIndex: number,
  ): void {
    const { activeAssets: active, timestamp, rollingHash } = event;
    const prover = ownerOf(vaults.get(address), address, block);
    const activity = activityOf(prover, epochOf(deployment, timestamp));
    const before = activity.vault;
    if (rollingHash !== stakeStep(before.rollingHash, event)) {
      const since = before.changedIn === 0 ? "its creation" : `block ${before.changedIn}`;
      throw new InconsistentLogs(
        `vault ${address}: a change of active assets is missing from the logs or altered between ${since} and block ${block}`,
      );
    }
    const activeSeconds = sumAt(before, timestamp);
    const { shares, vesting } = priceAnew(address, activity, prover, active, timestamp, block, logIndex);
    activity.vault = {
      ...{ active, activeSeconds, rollingHash, changedAt: Number(timestamp), changedIn: block },
      ...{ shares, vesting },
    };
  }

  /** Shares and what vests after a change of active assets; why they changed, the logs beside it say. */
  function priceAnew(
    address: Address,
    activity: EpochActivity,
    prover: number,
    active: bigint,
    time: bigint,
    block: number,
    logIndex: number,
  ): Omit<Priced, "active"> {
    const { vault, income } = activity;
    const assets = active - vault.active;
    if (assets > 0n) {
      const minted = beside(address, block, logIndex + 1, "Transfer");
      if (minted?.from === ZERO_ADDRESS) {
        const { to: holder, shares } = minted;
        book?.deposit({ prover, holder, shares, assets, block, time });
        return afterDeposit(vault, { assets, shares, time });
      }
      const fee = unpaired.get(prover);
      const isFee = fee !== undefined && fee.block === block && assets <= fee.amount;
      if (isFee) {
        unpaired.delete(prover);
        income.fees += assets;
        income.feeCommission += fee.amount - assets;
      } else income.other += assets;
      if (claimed.has(block)) rewards.set(prover, { activity, assets, block, isFee });
      return afterReward(vault, { assets, time, period: deployment.vestingPeriod });
    }
    const burned = beside(address, block, logIndex - 1, "Transfer");
    if (burned?.to === ZERO_ADDRESS) {
      const { from: holder, shares } = burned;
      const exit = beside(address, block, logIndex + 1, "ExitPriced");
      if (exit !== undefined) book?.exit({ prover, holder, shares, block, time }, exit);
      return afterExit(vault, { active, shares, time });
    }
    income.slashed += beside(address, block, logIndex + 1, "Slashed")?.fromActive ?? 0n;
    return afterSlash(vault, { active, time });
  }

  /** What a vault logged in a place, if it is such an event. */
  function beside<const Name extends StakeEvent["name"]>(
    vault: Address,
    block: number,
    logIndex: number,
    name: Name,
  ): Extract<StakeEvent, { readonly name: Name }> | undefined {
    if (neighbours.size === 0) return undefined;
    const found = neighbours.get(placeOf(block, logIndex));
    if (found?.address !== vault || found.event.name !== name) return undefined;
    return found.event as Extract<StakeEvent, { readonly name: Name }>;
  }

  /** What the book takes down of logs before a place. */
  function readStakes(block: number, logIndex: number): void {
    for (; read < stakes.length; read++) {
      const logged = stakes[read] as Logged<StakeEvent>;
      const { blockNumber } = logged;
      if (blockNumber > block || (blockNumber === block && logged.logIndex > logIndex)) return;
      if (book === undefined) continue;
      const prover = vaults.get(logged.address);
      book.read(logged, prover, (prover === undefined ? undefined : latest.get(prover)?.vault) ?? NEW_VAULT);
    }
  }

  /** A new epoch begins with the vault as the one before left it. */
  function activityOf(prover: number, epoch: number): EpochActivity {
    let activity = latest.get(prover);
    if (activity === undefined || activity.epoch < epoch) {
      const idle = { fulfilments: 0, misses: 0, work: 0n, fees: 0n, protocolFees: 0n };
      const income = { fees: 0n, feeCommission: 0n, other: 0n, slashed: 0n };
      activity = { epoch, ...idle, vault: activity?.vault ?? NEW_VAULT, income };
      latest.set(prover, activity);
    }
    changed.set(activity, prover);
    return activity;
  }
}

interface UnpairedFee {
  readonly activity: EpochActivity;
  readonly amount: bigint;
  readonly block: number;
  readonly time: bigint;
}

interface Reward {
  readonly activity: EpochActivity;
  readonly assets: bigint;
  readonly block: number;
  readonly isFee: boolean;
}

function blocksOfClaims(events: readonly LoggedEvent[]): ReadonlySet<number> {
  const blocks = new Set<number>();
  for (const { event, blockNumber } of events) if (event.name === "Claimed") blocks.add(blockNumber);
  return blocks;
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

/** Σ active·seconds, in wei times seconds, up to `time`, at or after the vault's last change. */
export function sumAt(
  { active, activeSeconds, changedAt }: Pick<VaultState, "active" | "activeSeconds" | "changedAt">,
  time: bigint,
): bigint {
  return activeSeconds + active * (time - BigInt(changedAt));
}
