// SPDX-License-Identifier: AGPL-3.0-only
// merkleProofs over HTTP: requests that a server answers for each second of its CPU's time.
import { alone, beside, median } from "./figures.mjs";
import { inWorker } from "./worker.mjs";

export const title =
  "Serve: merkleProofs over HTTP from a posted root; requests per CPU-second of the server";

/** The bars hold for this size. */
const LARGE = 1_000_000;
/** What the peers can keep, and build while somebody waits. */
const SMALL = 10_000;
const EMPTY = "an empty route of the same app";

/** @typedef {{ perCpuSecond: number, empty: number, megabytes: number, p99: number }} Ours */

/** @param {import("../bench.mjs").Options} options */
export async function run({ size, runs, oursOnly, note }) {
  const sizes = size === undefined ? [SMALL, LARGE] : [size];
  /** @type {import("./figures.mjs").Figure[]} */
  const figures = [];
  for (const leaves of sizes) {
    note(`serve: ${leaves} leaves, ${runs} runs`);
    figures.push(...figuresOf(leaves, await inWorker("serve", { role: "ours", leaves, runs })));
    if (leaves > SMALL || oursOnly) continue;
    for (const { peer, peerValue } of await inWorker("serve", { role: "peers", leaves, runs })) {
      const { value = 0 } = figures.find(({ name }) => name === `proofs-${leaves}`) ?? {};
      figures.push(beside({ name: `proofs-${leaves}`, unit: UNIT, value, peer, peerValue, better: "more" }));
    }
  }
  return figures;
}

const UNIT = "requests/CPU-second";

/** @param {number} leaves @param {Ours[]} done */
function figuresOf(leaves, done) {
  const name = `proofs-${leaves}`;
  const barred = leaves === LARGE;
  const middle = (/** @type {keyof Ours} */ key) => median(done.map((one) => one[key]));
  return [
    beside({
      ...{ name, unit: UNIT, value: middle("perCpuSecond"), peer: EMPTY, peerValue: middle("empty") },
      ...{ better: "more", atLeast: barred ? 0.8 : undefined },
    }),
    alone({
      ...{ name: `${name}-memory`, unit: "MB", value: middle("megabytes") },
      atMost: barred ? 250 : undefined,
    }),
    alone({ name: `${name}-p99`, unit: "ms", value: middle("p99"), atMost: barred ? 50 : undefined }),
  ];
}

/** @param {{ role: string }} task */
export async function work(task) {
  // What the measured process does not need would count as its memory.
  if (task.role === "server") {
    const { serve } = await import("./serve/server.ts");
    return serve(/** @type {never} */ (task));
  }
  const { workOn } = await import("./serve/work.ts");
  return workOn(/** @type {never} */ (task));
}
