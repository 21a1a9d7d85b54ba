// SPDX-License-Identifier: AGPL-3.0-only
// The epoch job once the database is synced: from epoch activity to the stored artifact with its tree.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alone, median } from "./figures.mjs";
import { inWorker } from "./worker.mjs";

export const title = "Epoch job: from epoch activity to the stored artifact and its tree; CPU time";

const DEFAULT = 100_000;
const MOST_SECONDS = 5;

/** @typedef {{ cpuSeconds: number, peakMegabytes: number }} Run */

/** @param {import("../bench.mjs").Options} options */
export async function run({ size = DEFAULT, runs, note }) {
  /** @type {Run[]} */
  const done = [];
  const dataDir = mkdtempSync(join(tmpdir(), "provender-bench-"));
  try {
    note(`epoch: ${size} provers, filling the database`);
    const posted = await inWorker("epoch", { size, dataDir });
    for (let round = 1; round <= runs; round++) {
      note(`epoch: ${size} provers, run ${round} of ${runs}`);
      done.push(await inWorker("epoch", { dataDir, posted }));
    }
  } finally {
    rmSync(dataDir, { recursive: true });
  }
  const name = `epoch-job-${size}`;
  const value = median(done.map(({ cpuSeconds }) => cpuSeconds));
  const peak = median(done.map((each) => each.peakMegabytes));
  const atMost = size === DEFAULT ? MOST_SECONDS : undefined;
  return [
    alone({ name, unit: "CPU-seconds", value, atMost }),
    alone({ name: `${name}-peak`, unit: "MB", value: peak }),
  ];
}

/** @param {{ size: number, dataDir: string } | { dataDir: string, posted: import("./epoch/job.mjs").Posted }} task */
export async function work(task) {
  const { prepare, runJob } = await import("./epoch/job.mjs");
  return "posted" in task ? runJob(task) : prepare(task);
}
