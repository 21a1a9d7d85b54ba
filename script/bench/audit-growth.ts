// SPDX-License-Identifier: AGPL-3.0-only
// How an audit of a whole history grows: the command over all epochs of a generated chain, at an endpoint that writes the
// logs that it is asked for. Each fulfilment is two logs, the market's and the prover's vault's.
import { type Figure, figure, medians, type Options } from "./figures.ts";
import { startWorker } from "./server-process.ts";
import { inWorker } from "./worker.ts";

const PROVERS = 1_000;
/** Fulfilments, and in how many epochs. */
const SIZES = new Map([
  [20_000, 2],
  [200_000, 10],
  [1_000_000, 52],
]);
const FULL = 1_000_000;
/** Of a year of a large network. */
const MOST_MEGABYTES = 400;

export async function run({ full, size, ...options }: Options): Promise<Figure[]> {
  const sizes = size === undefined ? [...SIZES.keys()].filter((each) => full || each < FULL) : [size];
  const figures: Figure[] = [];
  for (const fulfilments of sizes) {
    const epochs = SIZES.get(fulfilments) ?? 4;
    const what = `audit-growth: ${fulfilments} fulfilments of ${PROVERS} provers in ${epochs} epochs`;
    const endpoint = await startWorker("generated-chain", { provers: PROVERS, fulfilments, epochs });
    try {
      const { rpcUrl, distributor, logs } = endpoint.said;
      const audit = async () => {
        const flags = ["--epoch", "0..", "--rpc", rpcUrl, "--distributor", distributor];
        const { cpuSeconds, megabytes, ...all } = await inWorker("audit", flags);
        if (all.epochs === epochs && all.fulfilments === fulfilments) return { cpuSeconds, megabytes };
        throw new Error(`${all.fulfilments} fulfilments in ${all.epochs} epochs`);
      };
      const { provender } = await medians(options, what, { provender: audit });
      const { cpuSeconds, megabytes } = provender;
      const name = `audit-growth-${fulfilments}`;
      const atMost = fulfilments === FULL ? MOST_MEGABYTES : undefined;
      figures.push(
        figure({ name, unit: "CPU-seconds", value: cpuSeconds }),
        figure({ name: `${name}-peak`, unit: "MB", value: megabytes, atMost }),
        figure({ name: `${name}-each`, unit: "µs a log", value: (cpuSeconds * 1e6) / logs }),
      );
    } finally {
      endpoint.stop();
    }
  }
  return figures;
}
