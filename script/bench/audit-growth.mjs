// SPDX-License-Identifier: AGPL-3.0-only
// How an audit of a whole history grows: the command over all epochs of a generated chain, at an endpoint that writes the
// logs that it is asked for. Each fulfilment is two logs, the market's and the prover's vault's.
import { execFile } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { alone, median } from "./figures.mjs";
import { startWorker } from "./worker.mjs";

export const title = "Audit of a whole history: a verdict on every epoch in one pass; CPU time";

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
const COMMAND = fileURLToPath(new URL("../../service/cli/provender.mjs", import.meta.url));
/** Tells at the end what the process took. */
const USAGE = `data:text/javascript,${encodeURIComponent(
  'process.on("exit", () => process.stderr.write("usage " + JSON.stringify(process.resourceUsage())));',
)}`;

/** @typedef {{ cpuSeconds: number, peakMegabytes: number }} Run */
/** @typedef {{ rpcUrl: string, distributor: string, logs: number }} Served */

/** @param {import("../bench.mjs").Options} options */
export async function run({ full, size, runs, note }) {
  const sizes = size === undefined ? [...SIZES.keys()].filter((each) => full || each < FULL) : [size];
  const figures = [];
  for (const fulfilments of sizes) {
    const epochs = SIZES.get(fulfilments) ?? 4;
    note(`audit-growth: ${fulfilments} fulfilments of ${PROVERS} provers in ${epochs} epochs`);
    const endpoint = startWorker("audit-growth", { provers: PROVERS, fulfilments, epochs });
    try {
      /** @type {[Served]} */
      const [served] = /** @type {any} */ (await once(endpoint, "message"));
      /** @type {Run[]} */
      const done = [];
      while (done.length < runs) done.push(await auditAll(served, epochs));
      const name = `audit-growth-${fulfilments}`;
      const cpuSeconds = median(done.map((each) => each.cpuSeconds));
      const peak = median(done.map((each) => each.peakMegabytes));
      const atMost = fulfilments === FULL ? MOST_MEGABYTES : undefined;
      figures.push(
        alone({ name, unit: "CPU-seconds", value: cpuSeconds }),
        alone({ name: `${name}-peak`, unit: "MB", value: peak, atMost }),
        alone({ name: `${name}-each`, unit: "µs a log", value: (cpuSeconds * 1e6) / served.logs }),
      );
    } finally {
      endpoint.kill();
    }
  }
  return figures;
}

/** Serves such a chain until it is ended. @param {import("../../test/service/helpers/generated-chain.ts").GeneratedSize} size */
export async function work(size) {
  const { generatedChain } = await import("../../test/service/helpers/generated-chain.ts");
  const { rpcUrl, distributor, logs } = await generatedChain(size);
  process.send?.({ rpcUrl, distributor, logs });
}

/** @param {Served} served @param {number} epochs @returns {Promise<Run>} */
async function auditAll({ rpcUrl, distributor }, epochs) {
  const where = ["--rpc", rpcUrl, "--distributor", distributor];
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--import", USAGE, COMMAND, "audit", "--epoch", "0..", "--json", ...where],
    { maxBuffer: 2 ** 28 },
  );
  const verdicts = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).verdict);
  if (verdicts.length !== epochs || verdicts.some((verdict) => verdict !== "match")) throw new Error(stdout);
  const usage = JSON.parse(stderr.slice(stderr.lastIndexOf("usage ") + "usage ".length));
  return {
    cpuSeconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    peakMegabytes: (usage.maxRSS * 1_024) / 1e6,
  };
}
