// SPDX-License-Identifier: AGPL-3.0-only
// Fulfilments through JSON-RPC into SQLite: by the follower as `provender sync` runs it, and by what one writes first,
// viem's getLogs and an insert for each log. The endpoint is another process on this machine.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { alone, beside, median } from "./figures.mjs";
import { inWorker, measured, peakMegabytes } from "./worker.mjs";

export const title = "Ingest: fulfilments a second, from a JSON-RPC endpoint into SQLite";

const SIZE = 100_000;
const BAR = 5_000;
const MOST_MEGABYTES = 300;
const SERVER = fileURLToPath(new URL("./ingest-rpc/server.mjs", import.meta.url));
const READERS = {
  provender: () => import("./ingest-rpc/provender.mjs"),
  viem: () => import("./ingest-rpc/viem.mjs"),
};

/** @typedef {keyof typeof READERS} Reader */
/** @typedef {{ seconds: number, megabytes: number }} Run */

/** @param {import("../bench.mjs").Options} options */
export async function run({ size = SIZE, runs, note }) {
  const ours = await runsOf("provender");
  const peers = await runsOf("viem");
  const rate = (/** @type {Run[]} */ done) => size / median(done.map(({ seconds }) => seconds));
  const name = `ingest-rpc-${size}`;
  const unit = "fulfilments/s";
  const value = rate(ours);
  return [
    alone({ name, unit, value, atLeast: size === SIZE ? BAR : undefined }),
    beside({ name, unit, value, peer: "viem and row inserts", peerValue: rate(peers), better: "more" }),
    alone({
      ...{ name: `${name}-memory`, unit: "MB", value: median(ours.map(({ megabytes }) => megabytes)) },
      atMost: size === SIZE ? MOST_MEGABYTES : undefined,
    }),
  ];

  /** @param {Reader} reader */
  async function runsOf(reader) {
    /** @type {Run[]} */
    const done = [];
    while (done.length < runs) {
      note(`ingest-rpc: ${reader}, run ${done.length + 1} of ${runs}`);
      done.push(await inWorker("ingest-rpc", { reader, size }));
    }
    return done;
  }
}

/** @param {{ reader: Reader, size: number }} task @returns {Promise<Run>} */
export async function work({ reader, size }) {
  const { read } = await READERS[reader]();
  const server = fork(SERVER, [String(size)], { execArgv: ["--import", "tsx"] });
  const directory = mkdtempSync(join(tmpdir(), "provender-bench-"));
  try {
    const port = await new Promise((resolve, reject) => {
      server
        .once("message", resolve)
        .once("exit", (code) => reject(new Error(`the endpoint ended: ${code}`)));
    });
    const { result, seconds } = await measured(() => read(`http://127.0.0.1:${port}`, directory));
    if (result !== size) throw new Error(`${reader} stored ${result} fulfilments of ${size}`);
    return { seconds, megabytes: peakMegabytes() };
  } finally {
    server.kill();
    rmSync(directory, { recursive: true });
  }
}
