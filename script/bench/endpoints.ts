// SPDX-License-Identifier: AGPL-3.0-only
// Reads through three endpoints of which the first is faulty, beside viem's own fallback transport over the same three.
import type { Served, Whose } from "./endpoints/reads.ts";
import { type Figure, figure, median, type Options } from "./figures.ts";
import { inWorker } from "./worker.ts";

/** How many reads are made under each fault, unless they take too long. */
const READS = 400;
const ALL = 100;
/** How many times sooner than the peer, where that serves anything. */
const SOONER = 4;

export async function run({ size: reads = READS, runs, note }: Options): Promise<Figure[]> {
  note(`endpoints: ${reads} reads under each fault`);
  const done: Awaited<ReturnType<typeof measure>>[] = [];
  const measure = () => inWorker("endpoints", { reads });
  while (done.length < runs) done.push(await measure());
  return Object.keys(done[0] ?? {}).flatMap((fault) => {
    const middle = (whose: Whose, what: keyof Served) =>
      median(done.map((rows) => rows[fault]?.[whose][what] ?? Number.NaN));
    const name = `endpoints-${fault}`;
    const peer = "viem fallback";
    return [
      figure({ name: `${name}-served`, unit: "%", value: middle("ours", "served"), atLeast: ALL }),
      figure({ name: `${name}-served, ${peer}`, unit: "%", value: middle("peer", "served") }),
      figure({
        ...{ name: `${name}-p99`, unit: "ms", value: middle("ours", "p99") },
        ...{ peer, peerValue: middle("peer", "p99"), better: "less" },
        atLeast: middle("peer", "served") > 0 ? SOONER : undefined,
      }),
      figure({
        ...{ name: `${name}-p99, agreement of 1`, unit: "ms", value: middle("alike", "p99") },
        ...{ peer, peerValue: middle("peer", "p99"), better: "less" },
      }),
    ];
  });
}
