// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { type DistributorState, type Post, readDistributor, readSegments } from "../chain/distributor.ts";
import { readSegmentLogs } from "../chain/policies.ts";
import { epochAt, epochBounds, type System } from "../chain/system.ts";
import type { Database } from "../store/database.ts";
import type { Deployment } from "../store/deployment.ts";
import { segmentsIn } from "../store/distributor-history.ts";
import { type UnrunnablePolicy, unrunnablePolicies } from "./policies.ts";

/** What somebody has to do, or to wait for. */
export type Due =
  /** `repeat`: as nobody can run its policy, the root before it. */
  | { readonly kind: "post"; readonly epoch: number; readonly repeat: boolean }
  | { readonly kind: "repost"; readonly epoch: number }
  | { readonly kind: "window"; readonly post: Post; readonly until: bigint }
  | { readonly kind: "attestations"; readonly post: Post; readonly missing: bigint }
  | { readonly kind: "wait"; readonly epoch: number; readonly until: bigint };

export interface Status extends DistributorState {
  readonly currentEpoch: number;
  readonly due: readonly Due[];
  /** Policies of epochs without a root, that nobody can run. */
  readonly unrunnable: readonly UnrunnablePolicy[];
  readonly budget: bigint;
  /** How many epochs' budgets, the running one's first, the funds cover; undefined: there is no end to it. */
  readonly runway: number | undefined;
  /** What promises exceed the funds by. */
  readonly shortfall: bigint;
}

interface Segment {
  readonly fromEpoch: bigint;
  readonly budget: bigint;
}

interface Stored {
  readonly database: Database;
  readonly deployment: Deployment;
}

/**
 * As of the latest block; amounts in wei, times in seconds. Policies are in logs alone: what is `stored` of these is all
 * that is looked at, and only without a database are they asked for anew.
 * @throws ChainError if the chain cannot be read, or its logs lack a policy
 */
export async function readStatus(client: PublicClient, system: System, stored?: Stored): Promise<Status> {
  const state = await readDistributor(client, system);
  const { blockNumber } = state;
  const segments = await (stored === undefined
    ? readSegmentLogs(client, system, blockNumber)
    : storedSegments(client, system, { ...stored, blockNumber }));
  const currentEpoch = epochAt(system, state.timestamp);
  const unrunnable = unrunnablePolicies(segments, { from: state.nextEpoch, currentEpoch });
  const shortfall = state.promised - state.funds;
  return {
    ...state,
    currentEpoch,
    due: dueNow(state, currentEpoch, epochBounds(system, state.nextEpoch).end, unrunnable),
    unrunnable,
    budget: budgetOf(segments, currentEpoch),
    runway: runwayOf(state, segments, currentEpoch),
    shortfall: shortfall > 0n ? shortfall : 0n,
  };
}

/** The policy of one that was added since the last sync is not known yet. */
async function storedSegments(
  client: PublicClient,
  system: System,
  { database, deployment, blockNumber }: Stored & { readonly blockNumber: bigint },
) {
  const [segments, logged] = await Promise.all([
    readSegments(client, system, blockNumber),
    database.read((sql) => segmentsIn(sql, deployment)),
  ]);
  const policies = new Map(logged.map(({ policyHash, policy }) => [policyHash, policy]));
  return segments.map((segment) => ({ ...segment, policy: policies.get(segment.policyHash) }));
}

/** `nextEnds`: when the next epoch to post ends, in seconds. */
export function dueNow(
  state: DistributorState,
  currentEpoch: number,
  nextEnds: bigint,
  unrunnable: readonly UnrunnablePolicy[] = [],
): Due[] {
  const { latest, nextEpoch, timestamp } = state;
  if (latest?.vetoed) return [{ kind: "repost", epoch: nextEpoch }];
  const due: Due[] = [];
  if (latest !== undefined && !latest.active) {
    if (timestamp < latest.claimableAt) due.push({ kind: "window", post: latest, until: latest.claimableAt });
    const missing = latest.quorum - latest.attestations;
    if (missing > 0n) due.push({ kind: "attestations", post: latest, missing });
  }
  if (nextEpoch < currentEpoch) {
    // Until the latest root is active the next one cannot be posted.
    if (latest === undefined || latest.active) {
      const repeat = unrunnable.some(({ first, newer }) => first <= nextEpoch && !newer);
      due.push({ kind: "post", epoch: nextEpoch, repeat });
    }
  } else {
    due.push({ kind: "wait", epoch: nextEpoch, until: nextEnds });
  }
  return due;
}

/** Beyond this nobody plans, and a budget of 1 wei would be counted for hours. */
const MAX_RUNWAY = 10_000;

/**
 * How many epochs, the running one first, the funds cover; amounts in wei. Undefined if they last beyond all that is
 * looked at.
 */
export function runwayOf(
  { funds, promised }: Pick<DistributorState, "funds" | "promised">,
  segments: readonly Segment[],
  currentEpoch: number,
): number | undefined {
  // The contract promises the running epoch's and the next one's budget already.
  const earlier = promised - budgetOf(segments, currentEpoch) - budgetOf(segments, currentEpoch + 1);
  let left = funds - earlier;
  for (let epoch = currentEpoch; epoch < currentEpoch + MAX_RUNWAY; epoch++) {
    left -= budgetOf(segments, epoch);
    if (left < 0n) return epoch - currentEpoch;
  }
  return undefined;
}

function budgetOf(segments: readonly Segment[], epoch: number): bigint {
  return segments.findLast(({ fromEpoch }) => fromEpoch <= BigInt(epoch))?.budget ?? 0n;
}
