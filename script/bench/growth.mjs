// SPDX-License-Identifier: AGPL-3.0-only
// How cost grows with what users add: each part at several sizes, the processor's time, the most memory, and both for one
// more. The README's pictures of growth are made from these figures.
import { alone } from "./figures.mjs";

export const title = "Growth: CPU seconds, peak memory, and microseconds for each one, by size";

/** @typedef {import("./figures.mjs").Figure} Figure */
/** What is added, how many, and where its topic has the figures. @type {{ part: string, each: string, topic: () => Promise<{ run: (options: import("../bench.mjs").Options) => Promise<Figure[]> }>, name: string, peak: string, sizes: number[], large: number[] }[]} */
const PARTS = [
  {
    ...{ part: "epoch", each: "prover", name: "epoch-job", peak: "peak" },
    ...{ topic: () => import("./epoch.mjs"), sizes: [1_000, 10_000, 100_000], large: [1_000_000] },
  },
  {
    ...{ part: "ingest", each: "fulfilment", name: "ingest", peak: "peak" },
    ...{ topic: () => import("./ingest.mjs"), sizes: [10_000, 100_000], large: [1_000_000, 2_000_000] },
  },
  {
    ...{ part: "tree", each: "leaf", name: "tree", peak: "peak" },
    ...{ topic: () => import("./tree.mjs"), sizes: [10_000, 100_000], large: [1_000_000] },
  },
  {
    ...{ part: "serve", each: "merkleProof", name: "proofs", peak: "memory" },
    ...{ topic: () => import("./serve.mjs"), sizes: [10_000, 100_000], large: [1_000_000] },
  },
  {
    ...{ part: "audit", each: "fulfilment", name: "audit-growth", peak: "peak" },
    ...{ topic: () => import("./audit-growth.mjs"), sizes: [20_000], large: [200_000, 1_000_000] },
  },
];

/** @param {import("../bench.mjs").Options} options */
export async function run({ full, size, runs, note }) {
  /** @type {Figure[]} */
  const figures = [];
  for (const { part, each, topic, name, peak, sizes, large } of PARTS) {
    const { run: runTopic } = await topic();
    for (const own of size === undefined ? [...sizes, ...(full ? large : [])] : [size]) {
      const measured = await runTopic({ full: false, size: own, runs, note, oursOnly: true });
      const cpu = secondsIn(measured, `${name}-${own}`, own);
      const memory = measured.find((figure) => figure.name === `${name}-${own}-${peak}`);
      if (cpu !== undefined) {
        figures.push(alone({ name: `growth-cpu-${part}-${own}`, unit: "CPU-seconds", value: cpu }));
        const value = (cpu / own) * 1e6;
        figures.push(alone({ name: `growth-each-${part}-${own}`, unit: `µs a ${each}`, value }));
      }
      if (memory !== undefined)
        figures.push(alone({ name: `growth-memory-${part}-${own}`, unit: "MB", value: memory.value }));
    }
  }
  return figures;
}

/** A topic says seconds, or how many a second. @param {Figure[]} figures @param {string} name @param {number} size */
function secondsIn(figures, name, size) {
  const figure = figures.find((one) => one.name === name);
  if (figure === undefined) return undefined;
  return /CPU-s$|CPU-second$/.test(figure.unit) ? size / figure.value : figure.value;
}

/** Nothing is measured in a process of this topic's own. */
export async function work() {
  throw new Error("the topic growth has no worker");
}
