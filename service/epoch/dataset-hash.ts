// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../core/types.ts";
import { readHistory } from "../store/distributor-history.ts";
import type { SyncSources } from "./sources.ts";
import { sync } from "./sync.ts";

/** The dataset hash that a post was published with; blocks that are not final are read only if it is in none that is. */
export async function datasetHashOf(sources: SyncSources, postNumber: bigint): Promise<Hex | undefined> {
  const { chain, system, database, deployment } = sources;
  for (const to of ["finalized", "latest"] as const) {
    await sync({ chain, system, database, deployment, to, check: false, log: () => undefined });
    const { posts } = await readHistory(database, deployment);
    const post = posts.find((candidate) => candidate.postNumber === postNumber);
    if (post !== undefined) return post.datasetHash;
  }
  return undefined;
}
