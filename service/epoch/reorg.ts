// SPDX-License-Identifier: AGPL-3.0-only
import { BlockNotFoundError, type PublicClient } from "viem";
import { type BlockPoint, readBlock } from "../chain/blocks.ts";
import type { Chain } from "../chain/client.ts";
import type { Hex } from "../core/types.ts";
import { type Position, readPosition } from "../store/deployment.ts";
import { type Boundary, recentPages } from "../store/pages.ts";
import { rollBack as rollBackOurs } from "../store/roll-back.ts";
import type { OpenDatabase } from "./sources.ts";

/** How many ends of pages are compared with the chain at a time. */
const COMPARED = 32;

/**
 * Where the database is. What the chain has replaced since is rolled back first: down to the latest page that ends in
 * a block of the chain. Undefined if none is left, or was there.
 */
export async function undoReorg(
  { chain, database, deployment }: OpenDatabase & { readonly chain: Pick<Chain, "client"> },
  latest: BlockPoint,
  log: (line: string) => void,
  rollBack: (toBlock: bigint) => Promise<unknown> = (to) => rollBackOurs(database, deployment, to),
): Promise<Position | undefined> {
  for (;;) {
    const position = await readPosition(database, deployment);
    if (position === undefined) return undefined;
    const pages = await recentPages(database, deployment, { limit: COMPARED });
    // An endpoint that has not seen the latest pages does not contradict them.
    const seen = pages.filter(({ block }) => block <= latest.number);
    if (position.block === latest.number && position.hash === latest.hash) return position;
    const common = await firstCommon(chain.client, seen);
    if (common === 0) return position;
    const [oldest] = seen.slice(-1);
    const before = { limit: 1, before: oldest?.block };
    const to = seen[common] ?? (await recentPages(database, deployment, before))[0];
    log(`block ${seen[0]?.block} was replaced: reading again from block ${to?.block ?? "the first"} on`);
    await rollBack(to?.block ?? deployment.startBlock - 1n);
  }
}

/** Which is the first that the chain still has; their number if it has none of them. */
async function firstCommon(client: PublicClient, pages: readonly Boundary[]): Promise<number> {
  for (const [i, { block, hash }] of pages.entries()) if ((await hashAt(client, block)) === hash) return i;
  return pages.length;
}

/** The block's hash; undefined if the endpoint knows no such block. */
export async function hashAt(client: PublicClient, block: bigint): Promise<Hex | undefined> {
  try {
    return (await readBlock(client, block)).hash;
  } catch (error) {
    if (error instanceof BlockNotFoundError) return undefined;
    throw error;
  }
}
