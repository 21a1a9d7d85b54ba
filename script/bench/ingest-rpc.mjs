// SPDX-License-Identifier: AGPL-3.0-only
// Fulfilments through JSON-RPC into SQLite: by the follower as `provender sync` runs it, and by what one writes first,
// viem's getLogs and an insert for each log. The endpoint is another process on this machine.
import { execFile, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { alone, beside, median } from "./figures.mjs";
import { inWorker } from "./worker.mjs";

export const title = "Ingest: fulfilments a second, from a JSON-RPC endpoint into SQLite";

const SIZE = 100_000;
const BAR = 5_000;
const MOST_MEGABYTES = 300;
const SERVER = fileURLToPath(new URL("./ingest-rpc/server.mjs", import.meta.url));
const RUN = fileURLToPath(new URL("../run.mjs", import.meta.url));
const READER = fileURLToPath(new URL("./ingest-rpc/main.ts", import.meta.url));
/** A program is put together when it first runs; a few are read to have that done. */
const FEW = 1_000;

/** @typedef {"provender" | "viem"} Reader */
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
    await inWorker("ingest-rpc", { reader, size: FEW });
    while (done.length < runs) {
      note(`ingest-rpc: ${reader}, run ${done.length + 1} of ${runs}`);
      done.push(await inWorker("ingest-rpc", { reader, size }));
    }
    return done;
  }
}

/** @param {{ reader: Reader, size: number }} task @returns {Promise<Run>} */
export async function work({ reader, size }) {
  const server = fork(SERVER, [String(size)], { execArgv: ["--import", "tsx"] });
  const directory = mkdtempSync(join(tmpdir(), "provender-bench-"));
  try {
    const port = await new Promise((resolve, reject) => {
      server
        .once("message", resolve)
        .once("exit", (code) => reject(new Error(`the endpoint ended: ${code}`)));
    });
    // As the commands are run: what runs other programs from their sources would count as memory.
    const args = [RUN, READER, reader, `http://127.0.0.1:${port}`, directory];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { stored, seconds, megabytes } = JSON.parse(stdout);
    if (stored !== size) throw new Error(`${reader} stored ${stored} fulfilments of ${size}`);
    return { seconds, megabytes };
  } finally {
    server.kill();
    rmSync(directory, { recursive: true });
  }
}
