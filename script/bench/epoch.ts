// SPDX-License-Identifier: AGPL-3.0-only
// The epoch job once the database is synced: from epoch activity to the stored artifact with its tree.
import { type Figure, figure, medians, type Options } from "./figures.ts";
import { inFolder } from "./measured.ts";
import { inWorker } from "./worker.ts";

const DEFAULT = 100_000;
const MOST_SECONDS = 5;

export async function run({ size = DEFAULT, ...options }: Options): Promise<Figure[]> {
  return inFolder(async (dataDir) => {
    options.note(`epoch: ${size} provers, filling the database`);
    const posted = await inWorker("epoch-history", { size, dataDir });
    const job = () => inWorker("epoch", { dataDir, posted });
    const { provender } = await medians(options, `epoch: ${size} provers`, { provender: job });
    const name = `epoch-job-${size}`;
    const atMost = size === DEFAULT ? MOST_SECONDS : undefined;
    return [
      figure({ name, unit: "CPU-seconds", value: provender.cpuSeconds, atMost }),
      figure({ name: `${name}-peak`, unit: "MB", value: provender.megabytes }),
    ];
  });
}
