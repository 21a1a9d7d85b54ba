// SPDX-License-Identifier: AGPL-3.0-only
import { type BlockPoint, findSnapshot, readBlock } from "../chain/blocks.ts";
import { epochAt, hasAdapter } from "../chain/system.ts";
import {
  carryInto,
  type DistributorHistory,
  type PostLog,
  segmentFor,
  standingPost,
} from "../core/distributor-history.ts";
import { computePacked } from "../core/epoch.ts";
import type { PackedInput, PackedRoot } from "../core/epoch-input.ts";
import { PAYABLE, PackedLeaves } from "../core/packed-leaves.ts";
import { parsePolicy, policyFault } from "../core/policy.ts";
import { type ArtifactSource, getLeaves } from "../store/artifacts.ts";
import { readHistory } from "../store/distributor-history.ts";
import { readEpochInput } from "../store/epoch-input.ts";
import { JobError, WithheldLeavesError } from "./errors.ts";
import { refusalOf, type UnrunnablePolicy, unrunnablePolicyOf } from "./policies.ts";
import type { SyncSources } from "./sources.ts";
import { type SyncParams, sync } from "./sync.ts";

/** A synced database, and what is needed to compute epochs from it. */
export interface Basis extends SyncSources {
  readonly history: DistributorHistory;
  /** Up to which block it may be relied on. */
  readonly finalized: BlockPoint;
}

/** Brings the database to the last final block, and has it checked against the contracts. */
export async function basisOf(params: SyncSources & Pick<SyncParams, "log">): Promise<Basis> {
  const { chain, database, deployment } = params;
  const finalized = await readBlock(chain.client, "finalized");
  await sync({ ...params, to: "finalized", check: true });
  return { ...params, finalized, history: await readHistory(database, deployment) };
}

/** The root that an epoch continues from, and what the epochs before left over. */
export interface Continuation {
  readonly previous: PackedRoot;
  readonly carry: bigint;
}

/** The policy that governs an epoch, if nobody can run it. */
export function unrunnableIn(
  { system, history, finalized }: Basis,
  epoch: number,
): UnrunnablePolicy | undefined {
  return unrunnablePolicyOf(history.segments, epoch, epochAt(system, finalized.timestamp));
}

/**
 * One epoch's input, as everybody who reads the same final blocks gathers it.
 * @throws JobError `unrunnable` if nobody can run its policy; ChainError `not-ready` before its end is final
 */
export async function inputOf(basis: Basis, epoch: number, continuation: Continuation): Promise<PackedInput> {
  const { chain, system, database, deployment, finalized } = basis;
  const unrunnable = unrunnableIn(basis, epoch);
  if (unrunnable !== undefined) throw refusalOf(unrunnable);
  const snapshot = await findSnapshot(chain, system, epoch, finalized);
  const input = await readEpochInput(database, deployment, { epoch, snapshot, ...continuation });
  return hasAdapter(system) ? inputBeside(basis, input) : input;
}

function inputBeside({ beside }: Basis, input: PackedInput): Promise<PackedInput> {
  if (beside === undefined) {
    throw new JobError(
      "refused",
      "this distributor stands beside another network, from whose logs its epochs follow",
      "give --network and --network-config, with this distributor in it",
    );
  }
  if (input.previous.claimedAt !== undefined) {
    throw new JobError(
      "refused",
      `the policy of epoch ${input.epoch} continues from claimed amounts, which nothing vouches for beside another network`,
      "have the owner set a policy without a continuation",
    );
  }
  return beside(input);
}

/**
 * What `epoch` continues from: the leaves of the root before it, from its stored artifact if it is here, otherwise
 * recomputed from the chain, epoch by epoch, from the last one that claimed amounts stand in for the leaves before.
 * Epochs without a standing root are taken as they would be posted.
 * @throws WithheldLeavesError if a root stands on the way that is not the recomputed one
 */
export async function continuationOf(
  basis: Basis,
  store: ArtifactSource,
  epoch: number,
): Promise<Continuation> {
  let { next, continuation } = await nearestStored(basis, store, epoch);
  for (; next < epoch; next++) continuation = await recompute(basis, next, continuation);
  return continuation;
}

async function nearestStored(
  { system, history }: Basis,
  store: ArtifactSource,
  epoch: number,
): Promise<Start> {
  const first = lastRestart({ system, history }, epoch);
  for (let before = epoch - 1; before >= first.next; before--) {
    const post = standingPost(history, before);
    const leaves = post && (await getLeaves(store, post.datasetHash, post));
    if (post === undefined || leaves === undefined) continue;
    const { root, total } = post;
    return {
      next: before + 1,
      continuation: {
        previous: { root, total, leaves, leavesRoot: root },
        carry: carryInto(history, before + 1),
      },
    };
  }
  return first;
}

interface Start {
  readonly next: number;
  readonly continuation: Continuation;
}

/** Epoch 0, or the last whose policy replaces the leaves before it: what led there need not be known. */
function lastRestart({ system, history }: Pick<Basis, "system" | "history">, epoch: number): Start {
  for (let next = epoch; next > 0; next--) {
    const post = standingPost(history, next - 1);
    if (post === undefined || !restartsAt(history, next)) continue;
    const { root, total } = post;
    const previous = { root, total, leaves: NO_LEAVES, leavesRoot: system.domain };
    return { next, continuation: { previous, carry: carryInto(history, next) } };
  }
  return {
    next: 0,
    continuation: {
      previous: { root: system.domain, total: 0n, leaves: NO_LEAVES, leavesRoot: system.domain },
      carry: 0n,
    },
  };
}

const NO_LEAVES = new PackedLeaves(new Uint8Array(0), PAYABLE);

async function recompute(basis: Basis, epoch: number, from: Continuation): Promise<Continuation> {
  const { root, total, leaves, leavesRoot, carry } = await resultOf(basis, epoch, from);
  const post = standingPost(basis.history, epoch);
  if (post === undefined) return { previous: { root, total, leaves, leavesRoot }, carry };
  const standing = { root: post.root, total: post.total };
  const next = { carry: carryInto(basis.history, epoch + 1) };
  if (post.root === root && post.total === total)
    return { ...next, previous: { ...standing, leaves, leavesRoot } };
  throw withheld(basis, post, { root, total });
}

/** An epoch whose policy nobody can run adds nothing. */
async function resultOf(
  basis: Basis,
  epoch: number,
  from: Continuation,
): Promise<PackedRoot & Pick<Continuation, "carry">> {
  const unrunnable = unrunnableIn(basis, epoch);
  if (unrunnable === undefined || unrunnable.newer) {
    const { root, total, leaves, carry } = computePacked(await inputOf(basis, epoch, from));
    return { root, total, leaves, leavesRoot: root, carry };
  }
  return { ...from.previous, carry: carryInto(basis.history, epoch + 1) };
}

/** Whether a policy segment replaces the leaves before `epoch` with claimed amounts. */
function restartsAt(history: DistributorHistory, epoch: number): boolean {
  const segment = segmentFor(history, epoch);
  if (segment?.fromEpoch !== BigInt(epoch) || policyFault(segment.policy) !== undefined) return false;
  return parsePolicy(segment.policy).continuation !== undefined;
}

function withheld(
  { finalized }: Basis,
  post: PostLog,
  computed: Pick<PackedRoot, "root" | "total">,
): WithheldLeavesError {
  const [stands, gives] =
    post.root === computed.root
      ? [`total ${post.total}`, computed.total]
      : [`root ${post.root}`, computed.root];
  return new WithheldLeavesError(
    "conflict",
    `epoch ${post.epoch} stands with ${stands}; its inputs up to block ${finalized.number} give ${gives}`,
    `put the artifact with dataset hash ${post.datasetHash} into the data directory's artifacts folder, or post the same root again with --repeat until a policy segment continues from claimed amounts`,
  );
}
