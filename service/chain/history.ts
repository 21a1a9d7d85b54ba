// SPDX-License-Identifier: AGPL-3.0-only
import type { FulfilmentEntry, MissEntry } from "../core/ids.ts";
import type { StakePoint } from "../core/stake.ts";
import type { Address, Hex } from "../core/types.ts";
import type { CommissionChange } from "./commission.ts";
import type { ChainLog } from "./logs.ts";
import { lower } from "./system.ts";

export interface VaultPoint extends StakePoint {
  readonly block: bigint;
}

export interface ProverHistory {
  readonly prover: Address;
  readonly vault: Address;
  readonly registeredAt: bigint;
  readonly commissions: CommissionChange[];
  readonly points: VaultPoint[];
  readonly claims: { readonly block: bigint; readonly cumulative: bigint; readonly commission: bigint }[];
}

export interface SegmentLog {
  readonly fromEpoch: bigint;
  readonly budget: bigint;
  readonly policyHash: Hex;
  readonly policy: Hex;
}

/** A root as it was posted. */
export interface PostLog {
  readonly epoch: number;
  readonly postNumber: bigint;
  readonly root: Hex;
  readonly total: bigint;
  readonly datasetHash: Hex;
  readonly snapshotBlock: bigint;
  readonly snapshotHash: Hex;
  vetoed: boolean;
}

/** What one deployment's logs tell, in chain order. Nothing here has been checked against state: see checks.ts. */
export interface History {
  /** By address. */
  readonly provers: Map<Address, ProverHistory>;
  /** By epoch. */
  readonly fulfilments: Map<number, FulfilmentEntry[]>;
  /** By the deadline's epoch. */
  readonly misses: Map<number, MissEntry[]>;
  readonly segments: SegmentLog[];
  readonly posts: PostLog[];
}

export function emptyHistory(): History {
  return { provers: new Map(), fulfilments: new Map(), misses: new Map(), segments: [], posts: [] };
}

/** Adds one log. Logs of the registry, market and distributor come before those of the vaults they name. */
export function record(history: History, log: ChainLog, vaults: ReadonlyMap<Address, ProverHistory>): void {
  switch (log.eventName) {
    case "ProverRegistered": {
      const prover = lower(log.args.prover);
      history.provers.set(prover, {
        prover,
        vault: lower(log.args.vault),
        registeredAt: log.args.timestamp,
        commissions: [],
        points: [],
        claims: [],
      });
      return;
    }
    case "CommissionChanged": {
      const { prover, source, bps, ...change } = log.args;
      history.provers
        .get(lower(prover))
        ?.commissions.push({ source: lower(source), bps: Number(bps), ...change });
      return;
    }
    case "Fulfilled": {
      const { id, prover, epoch, ...entry } = log.args;
      listOf(history.fulfilments, Number(epoch)).push({ requestId: id, prover: lower(prover), ...entry });
      return;
    }
    case "Missed": {
      const { id, prover, epoch, ...entry } = log.args;
      listOf(history.misses, Number(epoch)).push({ requestId: id, prover: lower(prover), ...entry });
      return;
    }
    case "ActiveAssetsChanged": {
      const { activeAssets, activeSeconds, timestamp } = log.args;
      vaults
        .get(lower(log.address))
        ?.points.push({ active: activeAssets, activeSeconds, time: timestamp, block: log.blockNumber });
      return;
    }
    case "SegmentAdded":
      history.segments.push(log.args);
      return;
    case "RootPosted": {
      const { epoch, cumulativeTotal, postNumber, root, datasetHash, snapshotBlock, snapshotHash } = log.args;
      const post = { postNumber, root, datasetHash, snapshotBlock, snapshotHash };
      history.posts.push({ ...post, epoch: Number(epoch), total: cumulativeTotal, vetoed: false });
      return;
    }
    case "RootVetoed": {
      const post = history.posts.find(({ postNumber }) => postNumber === log.args.postNumber);
      if (post !== undefined) post.vetoed = true;
      return;
    }
    case "Claimed": {
      const { prover, cumulative, commission } = log.args;
      history.provers.get(lower(prover))?.claims.push({ block: log.blockNumber, cumulative, commission });
      return;
    }
  }
}

/** The root posted for an epoch that no veto has stopped, if there is one. */
export function standingPost(history: History, epoch: number): PostLog | undefined {
  return history.posts.findLast((post) => post.epoch === epoch && !post.vetoed);
}

/** The segment that governs an epoch: of several from the same epoch on, the last. */
export function segmentFor(history: History, epoch: number): SegmentLog | undefined {
  return history.segments.findLast(({ fromEpoch }) => fromEpoch <= BigInt(epoch));
}

function listOf<T>(lists: Map<number, T[]>, epoch: number): T[] {
  const list = lists.get(epoch) ?? [];
  lists.set(epoch, list);
  return list;
}
