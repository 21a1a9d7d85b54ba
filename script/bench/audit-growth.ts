// SPDX-License-Identifier: AGPL-3.0-only
// How an audit of a whole history grows: the command over all epochs of a generated chain, at an endpoint that writes the
// logs that it is asked for. Each fulfilment is two logs, the market's and the prover's vault's.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Figure, figure, medians, type Options } from "./figures.ts";
import { COMMAND, startWorker } from "./server-process.ts";

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
/** Tells at the end what the process took. */
const USAGE = `data:text/javascript,${encodeURIComponent(
  'process.on("exit", () => process.stderr.write("usage " + JSON.stringify(process.resourceUsage())));',
)}`;

export async function run({ full, size, ...options }: Options): Promise<Figure[]> {
  const sizes = size === undefined ? [...SIZES.keys()].filter((each) => full || each < FULL) : [size];
  const figures: Figure[] = [];
  for (const fulfilments of sizes) {
    const epochs = SIZES.get(fulfilments) ?? 4;
    const what = `audit-growth: ${fulfilments} fulfilments of ${PROVERS} provers in ${epochs} epochs`;
    const endpoint = await startWorker("generated-chain", { provers: PROVERS, fulfilments, epochs });
    try {
      const { url, distributor, logs } = endpoint.said;
      const audit = () => auditAll(["--rpc", url, "--distributor", distributor], epochs);
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

async function auditAll(where: readonly string[], epochs: number) {
  const args = ["--import", USAGE, COMMAND, "audit", "--epoch", "0..", "--json", ...where];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { maxBuffer: 2 ** 28 });
  const verdicts = stdout.trimEnd().split("\n");
  const isMatch = (line: string) => JSON.parse(line).verdict === "match";
  if (verdicts.length !== epochs || !verdicts.every(isMatch)) throw new Error(stdout);
  const usage = JSON.parse(stderr.slice(stderr.lastIndexOf("usage ") + "usage ".length));
  return {
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    megabytes: (usage.maxRSS * 1_024) / 1e6,
  };
}
