// SPDX-License-Identifier: AGPL-3.0-only
import { readBlock, requireFinal } from "../chain/blocks.ts";
import { type DistributorState, type Post, readDistributor } from "../chain/distributor.ts";
import type { RootToPost } from "../chain/preflight.ts";
import type { Signer } from "../chain/signer.ts";
import { epochAt, type System } from "../chain/system.ts";
import { encodeResult } from "../core/encoded-artifact.ts";
import { computeEpoch, type EpochResult } from "../core/epoch.ts";
import { initKeccak } from "../core/keccak.ts";
import { type Ledger, standingPost } from "../core/ledger.ts";
import type { Address, Hex } from "../core/types.ts";
import { getArtifact, putArtifact } from "../store/artifacts.ts";
import type { Sources } from "./claims.ts";
import { basisOf, continuationOf, inputOf } from "./continuation.ts";
import { anotherRoot, postEpoch } from "./post.ts";
import { proposeEpoch } from "./propose.ts";
import { lookAgain } from "./recheck.ts";

export interface RunEpochParams extends Sources {
  /** The next one that is due, if not given. */
  readonly epoch?: number | undefined;
  /** Posts the root with this signer; without, nothing but logs is stored, and nothing sent. */
  readonly signer?: Signer | undefined;
  /** Prepares the post for a multisig to sign instead: the distributor's publisher, if it is not named. */
  readonly proposal?: { readonly multisig: Address | undefined } | undefined;
  readonly version: string;
  readonly log: (line: string) => void;
}

export interface EpochRun {
  readonly status: "dry-run" | "proposed" | "posted" | "already-posted";
  readonly result: EpochResult;
  readonly datasetHash: Hex;
  /** False if the epoch before has no active root yet: its root is then taken as computed. */
  readonly previousActive: boolean;
  readonly post: Post | undefined;
  readonly transaction: Hex | undefined;
  /** What the contract is to be called with. */
  readonly toPost: RootToPost;
  /** Who is to post what was proposed. */
  readonly multisig?: Address;
}

/** Gathers, computes and builds one epoch, and with a signer stores and posts it. Doing it again changes nothing. */
export async function runEpoch(params: RunEpochParams): Promise<EpochRun> {
  const { chain, system, store, open, signer, proposal, version, log } = params;
  await initKeccak();
  const state = await readDistributor(chain.client, system);
  const epoch = params.epoch ?? dueEpoch(system, state);

  await requireFinal(chain.client, system, epoch, await readBlock(chain.client, "finalized"));

  log(`reading the chain from block ${system.startBlock}, or from where the database is`);
  const basis = await basisOf({ chain, system, ...(await open()), log });
  log(`read up to final block ${basis.finalized.number}; every log was checked against the contracts' state`);

  const result = computeEpoch(await inputOf(basis, epoch, await continuationOf(basis, store, epoch)));
  const encoded = encodeResult(result);
  const hash = encoded.datasetHash;
  const previousActive = epoch === 0 || (state.active !== undefined && state.active.epoch >= epoch - 1);
  const toPost: RootToPost = {
    epoch,
    root: result.root,
    total: result.total,
    datasetHash: hash,
    snapshot: result.input.snapshot,
  };
  const outcome = { result, datasetHash: hash, previousActive, toPost };

  const posted = postedBefore(basis.ledger, state, epoch);
  if (posted !== undefined) {
    assertSame(epoch, posted, result);
    // A lost artifact comes back; one that is there and damaged is not overwritten unseen.
    if ((signer ?? proposal) !== undefined && (await getArtifact(store, hash)) === undefined) {
      await putArtifact(store, encoded);
      log(`stored the artifact again: ${hash}`);
    }
    const { latest } = state;
    return {
      ...outcome,
      status: "already-posted",
      post: latest?.epoch === epoch ? latest : undefined,
      transaction: undefined,
    };
  }
  const unsent = { ...outcome, post: undefined, transaction: undefined };
  if ((signer ?? proposal) !== undefined) await lookAgain(basis, result.input);
  if (proposal !== undefined) {
    const { multisig } = proposal;
    const proposer = await proposeEpoch({ chain, system, store, version }, multisig, toPost, encoded);
    return { ...unsent, status: "proposed", multisig: proposer };
  }
  if (signer === undefined) return { ...unsent, status: "dry-run" };
  return {
    ...outcome,
    ...(await postEpoch({ chain, system, store, signer, version, log }, toPost, encoded)),
  };
}

/**
 * The next epoch if it has ended; if it still runs, the one posted last, so that running again says so.
 */
export function dueEpoch(system: System, { nextEpoch, timestamp, latest }: DistributorState): number {
  const running = epochAt(system, timestamp);
  return nextEpoch >= running && latest !== undefined && !latest.vetoed ? latest.epoch : nextEpoch;
}

export function postedBefore(
  ledger: Ledger,
  { latest }: DistributorState,
  epoch: number,
): { readonly root: Hex; readonly total: bigint } | undefined {
  if (latest === undefined || epoch > latest.epoch) return undefined;
  if (epoch === latest.epoch) return latest.vetoed ? undefined : latest;
  return standingPost(ledger, epoch);
}

export function assertSame(
  epoch: number,
  posted: { readonly root: Hex; readonly total: bigint },
  computed: { readonly root: Hex; readonly total: bigint },
): void {
  if (posted.root === computed.root && posted.total === computed.total) return;
  throw anotherRoot(epoch, posted, computed);
}
