// SPDX-License-Identifier: AGPL-3.0-only
// How cost grows with what users add: each part at several sizes, the processor's time, the most memory, and the time for
// each one more. The README's pictures of growth are made from these figures.
import { type Figure, figure, type Options } from "./figures.ts";

interface Part {
  readonly part: string;
  /** What is added. */
  readonly each: string;
  readonly topic: () => Promise<{ run: (options: Options) => Promise<Figure[]> }>;
  /** How the topic calls its figures: NAME-SIZE, and NAME-SIZE-PEAK for the memory. */
  readonly name: string;
  readonly peak: string;
  readonly sizes: readonly number[];
  /** With --full alone. */
  readonly large: readonly number[];
}

const PARTS: readonly Part[] = [
  {
    ...{ part: "epoch", each: "prover", name: "epoch-job", peak: "peak" },
    ...{ topic: () => import("./epoch.ts"), sizes: [1_000, 10_000, 100_000], large: [1_000_000] },
  },
  {
    ...{ part: "ingest", each: "fulfilment", name: "ingest", peak: "peak" },
    ...{ topic: () => import("./ingest.ts"), sizes: [10_000, 100_000], large: [1_000_000, 2_000_000] },
  },
  {
    ...{ part: "tree", each: "leaf", name: "tree", peak: "peak" },
    ...{ topic: () => import("./tree.ts"), sizes: [10_000, 100_000], large: [1_000_000] },
  },
  {
    ...{ part: "serve", each: "merkleProof", name: "proofs", peak: "memory" },
    ...{ topic: () => import("./serve.ts"), sizes: [10_000, 100_000], large: [1_000_000] },
  },
  {
    ...{ part: "audit", each: "fulfilment", name: "audit-growth", peak: "peak" },
    ...{ topic: () => import("./audit-growth.ts"), sizes: [20_000], large: [200_000, 1_000_000] },
  },
];

export async function run({ full, size, runs, note }: Options): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { part, each, topic, name, peak, sizes, large } of PARTS) {
    for (const own of size === undefined ? [...sizes, ...(full ? large : [])] : [size]) {
      const measured = await (await topic()).run({ full: false, size: own, runs, note, oursOnly: true });
      const find = (wanted: string) => measured.find((figure) => figure.name === wanted) as Figure;
      const { unit, value } = find(`${name}-${own}`);
      // A topic says seconds, or how many a second.
      const cpu = /CPU-second$/.test(unit) ? own / value : value;
      const memory = find(`${name}-${own}-${peak}`).value;
      figures.push(
        figure({ name: `growth-cpu-${part}-${own}`, unit: "CPU-seconds", value: cpu }),
        figure({ name: `growth-each-${part}-${own}`, unit: `µs a ${each}`, value: (cpu / own) * 1e6 }),
        figure({ name: `growth-memory-${part}-${own}`, unit: "MB", value: memory }),
      );
    }
  }
  return figures;
}
