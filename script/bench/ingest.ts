// SPDX-License-Identifier: AGPL-3.0-only
// Reading recorded logs into SQLite: ours decodes, checks every sequence number and sum, folds accumulators and epoch activity;
// the plain reader stores rows and checks nothing.
import { type Figure, figure, medians, type Options } from "./figures.ts";
import { inFolder } from "./measured.ts";
import { inWorker, type Outcome } from "./worker.ts";

const DEFAULT = 100_000;
/** Ours alone, once: the peer's figures stay what they are, and take an hour. */
const LARGE = [1_000_000, 10_000_000];
const LEAST = 20_000;
const MOST_MEGABYTES = 300;

export async function run({ full, size, oursOnly = false, ...options }: Options): Promise<Figure[]> {
  const figures = await compare(size ?? DEFAULT, oursOnly, options);
  if (!full || size !== undefined) return figures;
  for (const large of LARGE) figures.push(...(await compare(large, true, { ...options, runs: 1 })));
  return figures;
}

type Read = Outcome<"ingest">;

async function compare(
  size: number,
  oursOnly: boolean,
  options: Pick<Options, "runs" | "note">,
): Promise<Figure[]> {
  const what = `ingest: ${size} fulfilments`;
  return inFolder(async (folder) => {
    options.note(`${what}: recording`);
    await inWorker("recording", { folder, size });
    const readBy = (reader: "provender" | "viem") => () => inWorker("ingest", { reader, folder });
    const readers = { provender: readBy("provender"), ...(!oursOnly && { viem: readBy("viem") }) };
    const done = await medians<string, Read>(options, what, readers);
    const { provender, viem } = done as { provender: Read; viem?: Read };
    const rate = { name: `ingest-${size}`, unit: "fulfilments/CPU-second", value: provender.rate };
    const peak = { name: `ingest-${size}-peak`, unit: "MB", value: provender.megabytes };
    // A smaller one is over before the engine has compiled anything.
    const barred = size >= DEFAULT;
    const figures = [
      figure({ ...rate, atLeast: barred ? LEAST : undefined }),
      figure({ ...peak, atMost: barred ? MOST_MEGABYTES : undefined }),
    ];
    if (viem === undefined) return figures;
    const peer = "viem + a row per log";
    return [
      ...figures,
      figure({ ...rate, peer, peerValue: viem.rate, better: "more" }),
      figure({ ...peak, peer, peerValue: viem.megabytes, better: "less" }),
    ];
  });
}
