// SPDX-License-Identifier: AGPL-3.0-only
// Start-up: from starting `provender serve` over stored epochs to the first time that it calls itself ready. It finds what
// one finds that is started again: trees as the epoch job stores them, and a database that was synced.
import { execFile } from "node:child_process";
import { setTimeout as rest } from "node:timers/promises";
import { promisify } from "node:util";
import { type Figure, figure, medians, type Options } from "./figures.ts";
import { stageOf } from "./serve/stage.ts";
import { COMMAND, provenderServe } from "./server-process.ts";

/** The bar holds for so many epochs. */
const EPOCHS = 100;
const PROVERS = 10_000;
const MOST_SECONDS = 2;
/** Milliseconds between two questions. */
const OFTEN = 10;

export async function run({ size: epochs = EPOCHS, ...options }: Options): Promise<Figure[]> {
  const what = `ready: ${epochs} posted epochs of ${PROVERS} provers`;
  options.note(`${what}: making the chain`);
  const stage = await stageOf({ epochs, leaves: PROVERS });
  try {
    await promisify(execFile)(process.execPath, [COMMAND, "sync", ...stage.flags]);
    const { provender } = await medians(options, what, { provender: () => start(stage.flags) });
    const name = `ready-${epochs}x${PROVERS}`;
    const atMost = epochs === EPOCHS ? MOST_SECONDS : undefined;
    return [
      figure({ name, unit: "s", value: provender.seconds, atMost }),
      figure({ name: `${name}-memory`, unit: "MB", value: provender.megabytes }),
    ];
  } finally {
    stage.remove();
  }
}

async function start(flags: readonly string[]) {
  const began = performance.now();
  const server = await provenderServe(flags);
  try {
    while ((await fetch(`${server.said.url}/ready`)).status !== 200) await rest(OFTEN);
    return { seconds: (performance.now() - began) / 1_000, megabytes: server.usage().megabytes };
  } finally {
    server.stop();
  }
}
