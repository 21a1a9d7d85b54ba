// SPDX-License-Identifier: AGPL-3.0-only
// Start-up: from starting `provender serve` over stored epochs to the first time that it calls itself ready.
import { alone, median } from "./figures.mjs";
import { inWorker } from "./worker.mjs";

export const title =
  "Ready: seconds from the start of provender serve to the first 200 of /ready, over posted epochs of 10,000 provers";

/** The bar holds for so many epochs. */
const EPOCHS = 100;
const PROVERS = 10_000;
const MOST_SECONDS = 2;

/** @typedef {{ seconds: number, megabytes: number }} Run */

/** @param {import("../bench.mjs").Options} options */
export async function run({ size: epochs = EPOCHS, runs, note }) {
  note(`ready: making a chain of ${epochs} posted epochs of ${PROVERS} provers`);
  /** @type {Run[]} */
  const done = await inWorker("ready", { epochs, leaves: PROVERS, runs });
  const name = `ready-${epochs}x${PROVERS}`;
  const middle = (/** @type {keyof Run} */ key) => median(done.map((one) => one[key]));
  return [
    alone({
      ...{ name, unit: "s", value: middle("seconds") },
      atMost: epochs === EPOCHS ? MOST_SECONDS : undefined,
    }),
    alone({ name: `${name}-memory`, unit: "MB", value: middle("megabytes") }),
  ];
}

/** @param {{ epochs: number, leaves: number, runs: number }} task @returns {Promise<Run[]>} */
export async function work(task) {
  return (await import("./ready/starts.ts")).measureStarts(task);
}
