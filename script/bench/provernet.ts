// SPDX-License-Identifier: AGPL-3.0-only
// ProverNet's logs into the database: requests with inputs of 1 kB, bids, reveals, payments, transfers and proofs, each of
// a statement of its own, from an endpoint in the same process whose own time is taken off.
import { type Figure, figure, type Options } from "./figures.ts";
import { inWorker } from "./worker.ts";

const PROOFS = 100_000;

export async function run({ size: proofs = PROOFS, note }: Options): Promise<Figure[]> {
  note(`provernet: ${proofs} proofs of as many statements`);
  const { logs, cpuSeconds, megabytes, bytes } = await inWorker("provernet", { proofs });
  const name = `provernet-${proofs}`;
  return [
    figure({ name, unit: "logs a CPU-second", value: logs / cpuSeconds, atLeast: 10_000 }),
    figure({ name: `${name}-memory`, unit: "MB", value: megabytes, atMost: 350 }),
    figure({ name: `${name}-statement`, unit: "bytes a statement", value: bytes, atMost: 100 }),
  ];
}
