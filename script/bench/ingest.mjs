// SPDX-License-Identifier: AGPL-3.0-only
// Reading recorded logs into SQLite: ours decodes, checks every sequence number and sum, folds accumulators and epoch activity;
// the plain reader stores rows and checks nothing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { alone, beside, median } from "./figures.mjs";
import { inWorker, measured, peakMegabytes } from "./worker.mjs";

export const title =
  "Ingest: packed recorded logs into SQLite, fulfilments a CPU-second and peak memory; each reader in its own process";

const OURS = "provender";
const PEER = "viem + a row per log";
const DEFAULT = 100_000;
/** Ours alone: the peer's figures stay what they are, and take an hour. */
const LARGE = [1_000_000, 10_000_000];
const LEAST = 20_000;
const MOST_MEGABYTES = 300;

/**
 * @typedef {import("../../service/store/pages.ts").Page} Page
 * @typedef {import("../../service/core/raw-log.ts").RawLog} RawLog
 * @typedef {{
 *   prepare?: (page: Page) => RawLog[],
 *   read: (page: Page, logs: RawLog[] | undefined) => Promise<void>,
 *   close: () => Promise<void>,
 * }} Reader
 * @typedef {{ rate: number, peakMegabytes: number }} Run
 */

/** @type {Record<string, (dataDir: string) => Promise<Reader>>} */
const CONTESTANTS = {
  [OURS]: async (dataDir) => (await import("./ingest/provender.mjs")).load(dataDir),
  [PEER]: async (dataDir) => (await import("./ingest/viem-sql.mjs")).load(dataDir),
};

/** @param {import("../bench.mjs").Options} options */
export async function run({ full, size, runs, oursOnly, note }) {
  const figures = await compare(size ?? DEFAULT, oursOnly ? [OURS] : [OURS, PEER], runs, note);
  if (!full || size !== undefined) return figures;
  for (const large of LARGE) figures.push(...(await compare(large, [OURS], 1, note)));
  return figures;
}

/** @param {number} size @param {string[]} names @param {number} rounds @param {(line: string) => void} note */
async function compare(size, names, rounds, note) {
  const folder = mkdtempSync(join(tmpdir(), "provender-bench-"));
  try {
    note(`ingest: recording ${size} fulfilments`);
    await inWorker("ingest", { record: size, folder });
    /** @type {Map<string, Run[]>} */
    const runs = new Map(names.map((name) => [name, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const [contestant, done] of runs) {
        note(`ingest: ${size} fulfilments, ${contestant}, run ${round} of ${rounds}`);
        done.push(await inWorker("ingest", { contestant, folder }));
      }
    }
    return figuresOf(size, runs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {number} size @param {Map<string, Run[]>} runs */
function figuresOf(size, runs) {
  const middle = (/** @type {string} */ name, /** @type {keyof Run} */ key) =>
    median((runs.get(name) ?? []).map((run) => run[key]));
  const rate = { name: `ingest-${size}`, unit: "fulfilments/CPU-s", value: middle(OURS, "rate") };
  const peak = { name: `ingest-${size}-peak`, unit: "MB", value: middle(OURS, "peakMegabytes") };
  // A smaller one is over before the engine has compiled anything.
  const barred = size >= DEFAULT;
  const figures = [
    alone({ ...rate, atLeast: barred ? LEAST : undefined }),
    alone({ ...peak, atMost: barred ? MOST_MEGABYTES : undefined }),
  ];
  if (!runs.has(PEER)) return figures;
  const peer = { peer: PEER };
  return [
    ...figures,
    beside({ ...rate, ...peer, peerValue: middle(PEER, "rate"), better: "more" }),
    beside({ ...peak, ...peer, peerValue: middle(PEER, "peakMegabytes"), better: "less" }),
  ];
}

/**
 * @param {{ folder: string, record?: number, contestant?: string }} task
 * @returns {Promise<Run | true>}
 */
export async function work({ folder, record: size, contestant = "" }) {
  const { initKeccak } = await import("../../service/core/keccak.ts");
  await initKeccak();
  const { record, replay } = await import("./ingest/recording.mjs");
  if (size !== undefined) {
    record(folder, size);
    return true;
  }
  const load = CONTESTANTS[contestant];
  if (load === undefined) throw new Error(`no contestant ${contestant}`);
  const dataDir = mkdtempSync(join(folder, "data-"));
  const reader = await load(dataDir);
  let seconds = 0;
  let read = 0;
  for (const { page, fulfilments } of replay(folder)) {
    const logs = reader.prepare?.(page);
    seconds += (await measured(() => reader.read(page, logs))).cpuSeconds;
    read += fulfilments;
  }
  await reader.close();
  rmSync(dataDir, { recursive: true });
  return { rate: read / seconds, peakMegabytes: peakMegabytes() };
}
