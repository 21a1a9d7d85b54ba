// SPDX-License-Identifier: AGPL-3.0-only
// How cost grows with what users add: each part at several sizes, the processor's time, the most memory, and the time for
// each one more. The README's pictures of growth are made from these figures.
import { type Figure, figure, type Options } from "./figures.ts";

/** A topic calls its figures …-SIZE, and …-SIZE-peak or …-SIZE-memory. */
type Part = readonly [
  part: string,
  /** What is added. */
  each: string,
  topic: () => Promise<{ run: (options: Options) => Promise<Figure[]> }>,
  sizes: readonly number[],
  /** With --full alone. */
  large: readonly number[],
];

const PARTS: readonly Part[] = [
  ["epoch", "prover", () => import("./epoch.ts"), [1_000, 10_000, 100_000], [1_000_000]],
  ["ingest", "fulfilment", () => import("./ingest.ts"), [10_000, 100_000], [1_000_000, 2_000_000]],
  ["tree", "leaf", () => import("./tree.ts"), [10_000, 100_000], [1_000_000]],
  ["serve", "merkleProof", () => import("./serve.ts"), [10_000, 100_000], [1_000_000]],
  ["audit", "fulfilment", () => import("./audit-growth.ts"), [20_000], [200_000, 1_000_000]],
];

export async function run({ full, size, runs, note }: Options): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [part, each, topic, sizes, large] of PARTS) {
    for (const own of size === undefined ? [...sizes, ...(full ? large : [])] : [size]) {
      const measured = await (await topic()).run({ full: false, size: own, runs, note, oursOnly: true });
      const find = (ending: RegExp) => measured.find(({ name }) => ending.test(name)) as Figure;
      const { unit, value } = find(new RegExp(`-${own}$`));
      // A topic says seconds, or how many a second.
      const cpu = /CPU-second$/.test(unit) ? own / value : value;
      const memory = find(/-(?:peak|memory)$/).value;
      figures.push(
        figure({ name: `growth-cpu-${part}-${own}`, unit: "CPU-seconds", value: cpu }),
        figure({ name: `growth-each-${part}-${own}`, unit: `µs a ${each}`, value: (cpu / own) * 1e6 }),
        figure({ name: `growth-memory-${part}-${own}`, unit: "MB", value: memory }),
      );
    }
  }
  return figures;
}
