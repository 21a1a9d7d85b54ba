// SPDX-License-Identifier: AGPL-3.0-only

import { commissionAt } from "../core/commission.ts";
import { leftOver } from "../core/epoch.ts";
import { bytesOf } from "../core/hex.ts";
import { EMPTY_ACCUMULATOR, fulfilmentStep } from "../core/ids.ts";
import { parsePolicy } from "../core/policy.ts";
import { stake } from "../core/stake.ts";
import type { Address, EpochInput, LeafEntry, Miss, PreviousRoot, ProverInput } from "../core/types.ts";
import { findSnapshot } from "./blocks.ts";
import { ChainError } from "./errors.ts";
import { type History, type ProverHistory, segmentFor } from "./history.ts";
import type { Reading } from "./reading.ts";
import { epochAt, epochBounds, type System } from "./system.ts";

/** The root that an epoch continues from, and what the epochs before left over. */
export interface Continuation {
  readonly previous: PreviousRoot;
  readonly carry: bigint;
}

/** One epoch's input, as everybody who reads the same final blocks gathers it. */
export async function gather(
  reading: Reading,
  epoch: number,
  { previous, carry }: Continuation,
): Promise<EpochInput> {
  const { client, system, pinned, history } = reading;
  const snapshot = await findSnapshot(client, system, epoch, pinned);
  const { start, end } = epochBounds(system, epoch);
  const segment = segmentFor(history, epoch);
  if (segment === undefined) {
    throw new ChainError("inconsistent", `no budget segment covers epoch ${epoch}`, "use another endpoint");
  }
  const policy = parsePolicy(bytesOf(segment.policy));
  const fulfilments = history.fulfilments.get(epoch) ?? [];
  const misses = missesLoggedIn(history, system, start, end);
  const replaced =
    policy.continuation !== undefined && segment.fromEpoch === BigInt(epoch)
      ? replacedBy(history, previous, policy.continuation.block, snapshot.number)
      : previous;
  return {
    chainId: system.chainId,
    distributor: system.distributor,
    epoch,
    start,
    end,
    snapshot,
    budget: segment.budget,
    carry,
    policy,
    previous: replaced,
    fulfilments: {
      count: fulfilments.length,
      accumulator: fulfilments.reduce(fulfilmentStep, EMPTY_ACCUMULATOR),
    },
    misses,
    provers: proverInputs(reading, epoch, misses),
  };
}

/** Whatever their deadline's epoch: a miss is reported by the epoch in which it was logged. */
function missesLoggedIn(history: History, system: System, start: bigint, end: bigint): Miss[] {
  return [...history.misses.values()]
    .flat()
    .filter(({ timestamp }) => timestamp >= start && timestamp < end)
    .map(({ prover, deadline, requestId }) => ({
      prover,
      deadlineEpoch: epochAt(system, deadline),
      requestId,
    }));
}

function proverInputs({ system, history }: Reading, epoch: number, misses: readonly Miss[]): ProverInput[] {
  const { start, end } = epochBounds(system, epoch);
  const work = new Map<Address, ReturnType<typeof idle>>();
  for (const { prover, countedWeight, fee, protocolFee } of history.fulfilments.get(epoch) ?? []) {
    const sums = work.get(prover) ?? idle();
    sums.work += countedWeight;
    sums.fulfilments += 1;
    sums.fees += fee;
    // A repeated statement that counts nothing must not buy room under fee match either.
    if (countedWeight > 0n) sums.protocolFees += protocolFee;
    work.set(prover, sums);
  }
  const missed = new Map<Address, number>();
  for (const { prover } of misses) missed.set(prover, (missed.get(prover) ?? 0) + 1);
  return [...history.provers.values()]
    .filter(({ registeredAt }) => registeredAt < end)
    .map((prover) => ({
      prover: prover.prover,
      vault: prover.vault,
      ...(work.get(prover.prover) ?? idle()),
      stake: stake(prover.points, start, end),
      misses: missed.get(prover.prover) ?? 0,
      commissionBps: rateFor(prover, system, start),
    }));
}

function rateFor({ commissions, registeredAt }: ProverHistory, system: System, start: bigint): number {
  return commissionAt(commissions, system.distributor, registeredAt > start ? registeredAt : start);
}

function idle() {
  return { work: 0n, fulfilments: 0, fees: 0n, protocolFees: 0n };
}

/** Claims that came after the snapshot change nothing, even if the policy names a later block. */
function replacedBy(history: History, previous: PreviousRoot, block: bigint, snapshot: bigint): PreviousRoot {
  const leaves = claimedUpTo(history, block < snapshot ? block : snapshot);
  return { ...previous, leaves, claimedAt: block };
}

/** What stands in for the leaves of a root that were withheld. */
function claimedUpTo(history: History, block: bigint): LeafEntry[] {
  const leaves: LeafEntry[] = [];
  for (const { prover, claims } of history.provers.values()) {
    const paid = claims.filter((claim) => claim.block <= block);
    const cumulative = paid.at(-1)?.cumulative ?? 0n;
    if (cumulative === 0n) continue;
    leaves.push({
      prover,
      cumulative,
      cumulativeCommission: paid.reduce((sum, { commission }) => sum + commission, 0n),
    });
  }
  return leaves;
}

/** The carry into `epoch`, as the contract counts it: from the totals of the roots that stand before it. */
export function carryInto(history: History, epoch: number): bigint {
  let carry = 0n;
  let total = 0n;
  for (const post of history.posts) {
    if (post.vetoed || post.epoch >= epoch) continue;
    const budget = segmentFor(history, post.epoch)?.budget ?? 0n;
    carry = leftOver(budget, budget + carry, post.total - total).carry;
    total = post.total;
  }
  return carry;
}
