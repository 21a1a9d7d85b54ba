// SPDX-License-Identifier: AGPL-3.0-only
import { type BlockPoint, readBlock } from "../chain/blocks.ts";
import type { Chain } from "../chain/client.ts";
import { type Posts, readPosts } from "../chain/distributor.ts";
import { ChainError } from "../chain/errors.ts";
import type { System } from "../chain/system.ts";
import type { PostLog } from "../core/distributor-history.ts";
import type { Address, Hex } from "../core/types.ts";
import type { Database } from "../store/database.ts";
import { type Deployment, type Position, readPosition } from "../store/deployment.ts";
import { type Paid, readRoots } from "../store/roots.ts";
import { type Remembered, remembered } from "./remembered.ts";

export type PostStatus = "pending" | "active" | "superseded" | "vetoed";

/** Posts and claims at the database's block, which the last final block is not ahead of. */
export interface PostedRoots {
  readonly state: Posts & { readonly blockNumber: bigint };
  /** By epoch, each with its last post: epochs are posted in order, so there is no gap. */
  readonly epochs: readonly PostLog[];
  readonly paidTo: (prover: Address) => Paid;
  readonly finalized: BlockPoint;
}

export interface PostReaderParams {
  readonly chain: Chain;
  readonly system: System;
  readonly database: Database;
  readonly deployment: Deployment;
  /** Brings the database to the chain's head, or joins whoever does. */
  readonly catchUp: () => Promise<unknown>;
  /** Milliseconds for which what was read is given again. */
  readonly maxAge: number;
}

const NOTHING: Paid = { claimed: 0n, claimedCommission: 0n };
/** Milliseconds that the database is waited for: what it holds by then is given, if that is recent. */
const PATIENCE = 2_000;

/**
 * Posts and claims as they come, so that no request for a merkleProof has to wait for the chain. While its head stays
 * what it was, nothing but that is asked.
 */
export function postReader(params: PostReaderParams): Remembered<PostedRoots> {
  const { system, database, deployment, catchUp, maxAge } = params;
  const { client } = params.chain;
  let paid = new Map<Address, Paid>();
  let last: { readonly head: Hex; readonly position: Position; readonly posted: PostedRoots } | undefined;

  const read = async (): Promise<PostedRoots> => {
    const head = await readBlock(client, "latest");
    if (last?.head === head.hash) return last.posted;
    const stored = await readPosition(database, deployment);
    const [finalized] = await Promise.all([
      readBlock(client, "finalized"),
      stored?.hash === head.hash ? undefined : within(PATIENCE, catchUp()),
    ]);
    const roots = await readRoots(database, deployment, last?.position);
    if (roots === undefined || roots.position.block < finalized.number) throw behind(roots?.position, head);
    const { position, posts, paidSince } = roots;
    const state = { ...(await readPosts(client, system, position.block)), blockNumber: position.block };
    if (paidSince === undefined) paid = new Map(roots.paid);
    else for (const [prover, amounts] of roots.paid) paid.set(prover, amounts);
    const amounts = paid;
    const posted = {
      state,
      epochs: [...new Map(posts.map((post) => [post.epoch, post])).values()],
      finalized,
      paidTo: (prover: Address) => amounts.get(prover) ?? NOTHING,
    };
    // The state is asked for by number: it is that of the database's block unless another one took its place.
    const { hash } = await readBlock(client, position.block);
    last = hash === position.hash ? { head: hash, position, posted } : undefined;
    return posted;
  };

  return remembered(read, maxAge);
}

/** Waits for what is under way, at most so long; whoever does it says how it failed. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work.catch(() => undefined), late]);
  clearTimeout(timer);
}

function behind(position: Position | undefined, head: BlockPoint): ChainError {
  const upTo = position === undefined ? "not been read yet" : `been read up to block ${position.block}`;
  return new ChainError("not-ready", `the chain has ${upTo}, of ${head.number}`, "try again later");
}

/** How an epoch's last post stands. */
export function statusOf({ latest, active }: Posts, { postNumber }: PostLog): PostStatus {
  if (latest?.postNumber === postNumber && !latest.active) return latest.vetoed ? "vetoed" : "pending";
  return active?.postNumber === postNumber ? "active" : "superseded";
}
