// SPDX-License-Identifier: AGPL-3.0-only
// An audit of a large epoch: the command as an auditor runs it, against a local chain made by the real contracts.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { alone, median } from "./figures.mjs";
import { inWorker } from "./worker.mjs";

export const title =
  "Audit: from an RPC endpoint to a verdict on one epoch, by provender audit on a local chain";

/** The bars hold for this size. */
const LARGE = 20_000;
const BARS = { seconds: 10, requests: 100 };
/** Each prover fulfils so many requests. */
const FULFILMENTS_EACH = 20;
const COMMAND = fileURLToPath(new URL("../../service/cli/provender.mjs", import.meta.url));

/** @typedef {{ seconds: number, requests: number, calls: number }} Run */

/** @param {import("../bench.mjs").Options} options */
export async function run({ size: fulfilments = LARGE, runs, note }) {
  const provers = Math.ceil(fulfilments / FULFILMENTS_EACH);
  note(`audit: making a chain of ${provers} provers and ${fulfilments} fulfilments, a few minutes`);
  /** @type {Run[]} */
  const done = await inWorker("audit", { provers, fulfilments, runs });
  const name = `audit-${fulfilments}`;
  const bars = fulfilments === LARGE ? BARS : undefined;
  const middle = (/** @type {keyof Run} */ key) => median(done.map((one) => one[key]));
  return [
    alone({ name, unit: "s", value: middle("seconds"), atMost: bars?.seconds }),
    alone({ name: `${name}-requests`, unit: "requests", value: middle("requests"), atMost: bars?.requests }),
    alone({ name: `${name}-calls`, unit: "calls", value: middle("calls"), atMost: bars?.requests }),
  ];
}

/** @param {{ provers: number, fulfilments: number, runs: number }} task @returns {Promise<Run[]>} */
export async function work({ runs, ...size }) {
  const { crowdedChain } = await import("../../test/service/helpers/crowd.ts");
  const { anvil, distributor } = await crowdedChain(size);
  try {
    /** @type {Run[]} */
    const done = [];
    while (done.length < runs) done.push(await audit(anvil.rpcUrl, distributor, size.fulfilments));
    return done;
  } finally {
    anvil.stop();
  }
}

/** @param {string} rpcUrl @param {string} distributor @param {number} fulfilments */
async function audit(rpcUrl, distributor, fulfilments) {
  const flags = ["--epoch", "0", "--json", "--rpc", rpcUrl, "--distributor", distributor];
  const began = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [COMMAND, "audit", ...flags]);
  const seconds = (performance.now() - began) / 1_000;
  const { verdict, recomputed, requests, calls } = JSON.parse(stdout);
  if (verdict !== "match" || recomputed.fulfilments !== fulfilments) throw new Error(stdout);
  return { seconds, requests, calls };
}
