// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { ChainError, isPruned } from "../chain/errors.ts";
import type { Address } from "../core/types.ts";
import type { Deployment } from "./deployment.ts";
import { addLogs, type Facts, type Following, noFacts, readPosts } from "./facts.ts";
import { type Trail, trailOf } from "./inputs.ts";
import type { Head } from "./snapshot.ts";
import type { PostState, State } from "./state.ts";
import { believedSource, type StateSource } from "./state-source.ts";

/** Where the chain and its posts stand: enough to tell whether there is anything to audit. */
export interface Outlook {
  /** Where all but the logs is taken from. */
  readonly source: StateSource;
  readonly deployment: Deployment;
  readonly final: Head;
  readonly head: Head;
  /** As of `head`. */
  readonly posts: PostState;
}

/** All that the chain holds about a deployment, up to one final block, and its posts up to the head. */
export interface Reading extends Outlook {
  readonly facts: Facts;
  /** The same without the posts that are not final: what a later reading goes on from. */
  readonly settled: Facts;
  /** As of `final`. */
  readonly state: State;
  readonly trail: Trail;
}

/**
 * What a deployment is, and its posts and blocks as they are now.
 * @throws ChainError if the chain cannot be read, or the address holds no distributor
 */
export async function lookAt(
  client: PublicClient,
  distributor: Address,
  source = believedSource(client),
): Promise<Outlook> {
  return lookAgain(source, await source.deployment(distributor));
}

/**
 * The same later, of a deployment that is known.
 * @throws ChainError if the chain cannot be read
 */
export async function lookAgain(source: StateSource, deployment: Deployment): Promise<Outlook> {
  const { head, final } = await source.blocks();
  return { source, deployment, head, final, posts: await source.posts(deployment, head) };
}

interface ReadOptions extends Following {
  /** What was read before: only what has been added since is read. */
  readonly earlier?: Pick<Reading, "settled" | "final" | "trail"> | undefined;
}

/**
 * Reads logs of any age, and state as of final and latest blocks only.
 * @throws ChainError if the chain cannot be read; what the signal was aborted with
 */
export async function readChain(
  client: PublicClient,
  outlook: Outlook,
  { earlier, ...following }: ReadOptions = {},
): Promise<Reading> {
  const { source, deployment } = outlook;
  const settled = earlier?.settled ?? noFacts();
  const fromBlock = earlier === undefined ? deployment.startBlock : earlier.final.number + 1n;
  await addLogs(settled, client, deployment, { fromBlock, toBlock: outlook.final.number }, following);
  // Reading years of logs takes a while, and an endpoint without an archive soon forgets a state: look again.
  const current = await lookAgain(source, deployment);
  const { final, head } = current;
  await addLogs(settled, client, deployment, { fromBlock: outlook.final.number + 1n, toBlock: final.number });
  const pending = await readPosts(client, deployment, { fromBlock: final.number + 1n, toBlock: head.number });
  const facts = {
    ...settled,
    beside: await source.work?.(deployment, final),
    posts: [...settled.posts, ...pending.posts],
    vetoes: [...settled.vetoes, ...pending.vetoes],
  };
  const reading = { ...current, facts, settled };
  following.signal?.throwIfAborted();
  following.tell?.({ phase: "state" });
  try {
    const state = await source.state(deployment, facts, final);
    return { ...reading, state, trail: trailOf(deployment, facts, earlier?.trail) };
  } catch (error) {
    if (!isPruned(error)) throw error;
    return atHead(client, reading, earlier?.trail);
  }
}

/**
 * The same compared with the newest state: nodes without an archive may keep less of it than there are blocks above the
 * final one. What was logged in those belongs to no epoch that can be judged yet.
 */
async function atHead(
  client: PublicClient,
  reading: Omit<Reading, "state" | "trail">,
  earlier: Trail | undefined,
): Promise<Reading> {
  const { source, deployment, settled, final } = reading;
  const facts = { ...structuredClone(settled), beside: reading.facts.beside };
  const { head, posts } = await lookAgain(source, deployment);
  const open = { fromBlock: final.number + 1n, toBlock: head.number, finality: "latest" } as const;
  await addLogs(facts, client, deployment, open);
  const state = await source.state(deployment, facts, head);
  const { hash } = await client.getBlock({ blockNumber: head.number });
  if (hash !== head.hash) {
    throw new ChainError(
      "not-ready",
      `block ${head.number} was replaced while its state was read`,
      "try again: the chain has another head now",
    );
  }
  return { ...reading, head, posts, facts, state, trail: trailOf(deployment, facts, earlier) };
}
