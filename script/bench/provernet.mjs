// SPDX-License-Identifier: AGPL-3.0-only
// ProverNet's logs into the database: requests with inputs of 1 kB, bids, reveals, payments, transfers and proofs, each of
// a statement of its own, from an endpoint in the same process whose own time is taken off.
import { alone } from "./figures.mjs";
import { inWorker } from "./worker.mjs";

export const title = "ProverNet: logs read, folded and stored, from an endpoint that answers at once";

const PROOFS = 100_000;

/** @param {import("../bench.mjs").Options} options */
export async function run({ size: proofs = PROOFS, note }) {
  note(`provernet: ${proofs} proofs of as many statements`);
  const { logs, cpuSeconds, megabytes, bytes } = await inWorker("provernet", { proofs });
  const name = `provernet-${proofs}`;
  return [
    alone({ name, unit: "logs a CPU-second", value: logs / cpuSeconds, atLeast: 10_000 }),
    alone({ name: `${name}-memory`, unit: "MB", value: megabytes, atMost: 350 }),
    alone({ name: `${name}-statement`, unit: "bytes a statement", value: bytes, atMost: 100 }),
  ];
}

/** @param {{ proofs: number }} task */
export async function work(task) {
  const { readGenerated } = await import("./provernet/read.mjs");
  return readGenerated(task);
}
