// SPDX-License-Identifier: AGPL-3.0-only
// Fulfilments through JSON-RPC into SQLite: by the follower as `provender sync` runs it, and by what one writes first,
// viem's getLogs and an insert for each log. The endpoint is another process on this machine.
import { type Figure, figure, medians, type Options } from "./figures.ts";
import { inFolder } from "./measured.ts";
import { startWorker } from "./server-process.ts";
import { inWorker } from "./worker.ts";

const SIZE = 100_000;
const BAR = 5_000;
const MOST_MEGABYTES = 300;

export async function run({ size = SIZE, ...options }: Options): Promise<Figure[]> {
  const endpoint = await startWorker("generated-logs", { size });
  const readBy = (reader: "provender" | "viem") => () =>
    inFolder((directory) =>
      inWorker("ingest-rpc", { reader, size, rpcUrl: endpoint.said.rpcUrl, directory }),
    );
  try {
    const { provender, viem } = await medians(options, `ingest-rpc: ${size} fulfilments`, {
      provender: readBy("provender"),
      viem: readBy("viem"),
    });
    const rate = { name: `ingest-rpc-${size}`, unit: "fulfilments/s", value: size / provender.seconds };
    const memory = { name: `ingest-rpc-${size}-memory`, unit: "MB", value: provender.megabytes };
    const barred = size === SIZE;
    const peer = "viem and row inserts";
    return [
      figure({ ...rate, atLeast: barred ? BAR : undefined }),
      figure({ ...rate, peer, peerValue: size / viem.seconds, better: "more" }),
      figure({ ...memory, atMost: barred ? MOST_MEGABYTES : undefined }),
    ];
  } finally {
    endpoint.stop();
  }
}
