// SPDX-License-Identifier: AGPL-3.0-only
// What campaigns add to the epoch job, from an endpoint to the artifact's hash, and to an audit: one chain under a policy
// of each version, each run in a process of its own, in pairs that take turns in who is first.
import { once } from "node:events";
import { alone, median } from "./figures.mjs";
import { inWorker, startWorker } from "./worker.mjs";

export const title =
  "Campaigns: job and audit of one epoch under a policy of version 2, beside version 1; CPU time in pairs";

/** The bars hold for this size. */
const LARGE = 20_000;
const FULFILMENTS_EACH = 20;
const MOST_TIMES = 1.05;

/** @param {import("../bench.mjs").Options} options */
export async function run({ size: fulfilments = LARGE, runs, note }) {
  const provers = Math.ceil(fulfilments / FULFILMENTS_EACH);
  note(`campaigns: a chain of ${provers} provers and ${fulfilments} fulfilments, and ${runs} pairs of runs`);
  const server = startWorker("campaigns", { provers, fulfilments });
  try {
    const [served] = await once(server, "message");
    /** @type {import("./figures.mjs").Figure[]} */
    const figures = [];
    for (const what of /** @type {const} */ (["job", "audit"])) {
      /** @type {number[][]} */
      const pairs = [];
      for (let pair = 0; pair < runs; pair++) {
        const seconds = [0, 0];
        for (const i of pair % 2 === 0 ? [0, 1] : [1, 0])
          seconds[i] = await inWorker("campaigns", { what, ...served[i] });
        pairs.push(seconds);
      }
      const name = `campaigns-${what}-${fulfilments}`;
      const value = median(pairs.map(([, second = 0]) => second));
      const times = median(pairs.map(([first = 0, second = 0]) => second / first));
      const atMost = fulfilments === LARGE ? MOST_TIMES : undefined;
      figures.push(
        alone({ name, unit: "CPU-seconds", value }),
        alone({ name: `${name}-times`, unit: "× version 1", value: times, atMost }),
      );
    }
    return figures;
  } finally {
    server.kill();
  }
}

/** @param {import("./campaigns/chain.mjs").Size | (import("./campaigns/pairs.mjs").Served & { what: "job" | "audit" })} task */
export async function work(task) {
  const { runOnce, serveChains } = await import("./campaigns/pairs.mjs");
  return "what" in task ? runOnce(task) : serveChains(task);
}
