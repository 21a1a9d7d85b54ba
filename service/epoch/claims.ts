// SPDX-License-Identifier: AGPL-3.0-only
import { iProverRegistryAbi } from "../chain/abi.ts";
import type { Chain } from "../chain/client.ts";
import { type Post, readDistributor } from "../chain/distributor.ts";
import { readMany } from "../chain/many.ts";
import type { System } from "../chain/system.ts";
import { buildClaimTree, type ClaimTree, entryOf, merkleProofAt } from "../core/claim-tree.ts";
import { initKeccak } from "../core/keccak.ts";
import { PAYABLE, type PackedLeaves, packLeaves } from "../core/packed-leaves.ts";
import type { Claim } from "../core/reward-tree.ts";
import type { Address } from "../core/types.ts";
import { type ArtifactSource, getLeaves } from "../store/artifacts.ts";
import type { Store } from "../store/store.ts";
import { basisOf, continuationOf } from "./continuation.ts";
import { datasetHashOf } from "./dataset-hash.ts";
import { JobError } from "./errors.ts";
import type { OpenDatabase } from "./sources.ts";

export interface ClaimSources {
  readonly chain: Chain;
  readonly system: System;
  readonly store: ArtifactSource;
  /** The database, opened when it is first needed: where an epoch has to be computed. Whoever gives it closes it. */
  readonly open: () => Promise<OpenDatabase>;
}

export interface Sources extends ClaimSources {
  readonly store: Store;
}

/** Stands in for a store where nothing but the chain is to be trusted, or is left. */
export const NOTHING_STORED: ArtifactSource = {
  get: async () => undefined,
  open: async () => undefined,
  where: (key) => key,
};

export interface ClaimableRoot {
  readonly post: Post;
  /** A later root that will take its place, if one is posted and neither vetoed nor active. */
  readonly pending: Post | undefined;
  readonly tree: ClaimTree;
}

/**
 * The root that claims are paid from now, with its leaves: from disk, or recomputed when no copy is here.
 * @throws JobError `not-ready` if no root is active, `conflict` if its leaves are not known here
 */
export async function claimableRoot(sources: ClaimSources): Promise<ClaimableRoot> {
  const { chain, system } = sources;
  await initKeccak();
  const { active, latest } = await readDistributor(chain.client, system);
  if (active === undefined) {
    throw new JobError(
      "not-ready",
      latest === undefined
        ? "no root has been posted yet"
        : `no root is active yet: epoch ${latest.epoch}'s ${latest.vetoed ? "was vetoed" : "is pending"}`,
      "see `provender epoch status`",
    );
  }
  const leaves = await leavesOfPost(sources, active);
  const { entries } = leaves.amountBytes === PAYABLE ? leaves : packLeaves(leaves);
  const tree = buildClaimTree(system.domain, entries);
  if (tree.root !== active.root) {
    throw new JobError(
      "conflict",
      `the active root of epoch ${active.epoch} is ${active.root}; the chain's inputs give ${tree.root}`,
      "claims need the leaves that the root was built from: fetch its artifact into the data directory",
    );
  }
  const pending = latest === undefined || latest.vetoed || latest.active ? undefined : latest;
  return { post: active, pending, tree };
}

async function leavesOfPost(
  { chain, system, store, open }: ClaimSources,
  { epoch, postNumber, root, total }: Post,
): Promise<PackedLeaves> {
  const sources = { chain, system, ...(await open()), log: () => undefined };
  const hash = await datasetHashOf(sources, postNumber);
  const stored = hash && (await getLeaves(store, hash, { root, total }));
  if (stored !== undefined) return stored;
  const basis = await basisOf(sources);
  const { previous } = await continuationOf(basis, store, epoch + 1);
  return previous.leaves;
}

/** What a prover has earned and was paid. */
export interface Owed extends Omit<Claim, "merkleProof"> {
  readonly claimed: bigint;
  readonly claimedCommission: bigint;
  /** What a claim would pay now. */
  readonly claimable: bigint;
}

export type ProverClaim = Owed & Claim;

/** A prover's claim against the active root, amounts in wei, or undefined if that holds nothing for it. */
export async function proverClaim(
  sources: ClaimSources,
  root: ClaimableRoot,
  prover: Address,
): Promise<ProverClaim | undefined> {
  const [owed] = await readOwed(sources, root, [prover]);
  return owed && claimOf(root, owed);
}

/**
 * For each for whom the active root holds something, in the order given: what they were paid, as of the latest block,
 * and what is left, in wei.
 */
export async function readOwed(
  { chain, system }: ClaimSources,
  { tree }: ClaimableRoot,
  provers: readonly Address[],
): Promise<Owed[]> {
  const earned = provers.flatMap((prover) => {
    const { cumulative, cumulativeCommission } = entryOf(tree, prover) ?? {};
    if (cumulative === undefined || cumulativeCommission === undefined) return [];
    return [{ prover, cumulative, cumulativeCommission }];
  });
  const records = await readMany(chain.client, {
    abi: iProverRegistryAbi,
    functionName: "proverRecord",
    blockNumber: await chain.client.getBlockNumber(),
    calls: earned.map(({ prover }) => ({ address: system.registry, args: [prover] as const })),
  });
  return earned.map((one, i) => {
    const { claimed, claimedCommission } = records[i] ?? { claimed: 0n, claimedCommission: 0n };
    const left = one.cumulative - claimed;
    return { ...one, claimed, claimedCommission, claimable: left > 0n ? left : 0n };
  });
}

/**
 * With its merkleProof, which takes most of the memory: it is found when it is sent.
 * @throws RangeError if the root has no such leaf
 */
export function claimOf({ tree }: ClaimableRoot, owed: Owed): ProverClaim {
  const { position } = entryOf(tree, owed.prover) ?? {};
  if (position === undefined) throw new RangeError(`no leaf: ${owed.prover}`);
  return { ...owed, merkleProof: merkleProofAt(tree, position) };
}
