// SPDX-License-Identifier: AGPL-3.0-only
// Reads through three endpoints of which the first is faulty, beside viem's own fallback transport over the same three.
import { alone, beside, median } from "./figures.mjs";
import { inWorker } from "./worker.mjs";

export const title =
  "Endpoints: share of reads answered with the truth within 5 s, and their 99th percentile, where the first of three is faulty";

/** How many reads are made under each fault, unless they take too long. */
const READS = 400;
const ALL = 100;
/** How many times sooner than the peer, where that serves anything. */
const SOONER = 4;

/** @typedef {{ served: number, p99: number }} Served share in percent, and milliseconds */
/** @typedef {{ fault: string, ours: Served, peer: Served }} Row */

/** @param {import("../bench.mjs").Options} options */
export async function run({ size: reads = READS, runs, note }) {
  note(`endpoints: ${reads} reads under each fault`);
  /** @type {Row[][]} */
  const done = [];
  while (done.length < runs) done.push(await inWorker("endpoints", { reads }));
  const [first = []] = done;
  return first.flatMap(({ fault }, i) => {
    const middle = (/** @type {"ours" | "peer"} */ whose, /** @type {keyof Served} */ what) =>
      median(done.map((rows) => /** @type {Row} */ (rows[i])[whose][what]));
    const name = `endpoints-${fault.replaceAll(/[^a-z0-9]+/gi, "-")}`;
    const peer = "viem fallback";
    const isServed = middle("peer", "served") > 0;
    return [
      alone({ name: `${name}-served`, unit: "%", value: middle("ours", "served"), atLeast: ALL }),
      alone({ name: `${name}-served, ${peer}`, unit: "%", value: middle("peer", "served") }),
      beside({
        ...{ name: `${name}-p99`, unit: "ms", value: middle("ours", "p99") },
        ...{ peer, peerValue: middle("peer", "p99"), better: "less" },
        atLeast: isServed ? SOONER : undefined,
      }),
    ];
  });
}

/** @param {{ reads: number }} task @returns {Promise<Row[]>} */
export async function work(task) {
  return (await import("./endpoints/reads.ts")).measureReads(task);
}
