// SPDX-License-Identifier: AGPL-3.0-only
// The same logs from the same endpoint into a database, by `provender sync` and by Ponder, an indexer that one would
// take otherwise. It is installed in a temporary folder when this topic first runs. What is measured is the process that
// reads: of a database server nothing is counted, of an embedded one all.
import { execFileSync, fork, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { alone, beside, median } from "./figures.mjs";
import { FILES, VERSIONS } from "./ponder/app.mjs";

export const title = "Beside Ponder: the same logs from the same endpoint into a database";

const SIZE = 10_000;
/** The goal, at a hundred thousand fulfilments. */
const LARGE = 100_000;
const BAR = 10;
const MEMORY_BAR = 3;
const SERVER = fileURLToPath(new URL("./ingest-rpc/server.mjs", import.meta.url));
const RUN = fileURLToPath(new URL("../run.mjs", import.meta.url));
const READER = fileURLToPath(new URL("./ingest-rpc/main.ts", import.meta.url));
/** Milliseconds until what has not finished is given up. */
const PATIENCE = 900_000;
const PORT = 42_069;
/** Ticks of the processor's clock in a second, in /proc. */
const TICKS = 100;

/** @typedef {{ cpuSeconds: number, megabytes: number, restart: number }} Run */
/** @typedef {{ rpcUrl: string, size: number, databaseUrl: string | undefined }} Task */

/** @param {import("../bench.mjs").Options} options */
export async function run({ size = SIZE, runs, note }) {
  const folder = install(note);
  const server = fork(SERVER, [String(size)], { execArgv: ["--import", "tsx"] });
  try {
    const port = await new Promise((resolve) => server.once("message", resolve));
    const rpcUrl = `http://127.0.0.1:${port}`;
    /** @type {import("./figures.mjs").Figure[]} */
    const figures = [];
    for (const postgres of [false, true]) {
      const databases = postgres ? await postgresDatabases() : undefined;
      try {
        /** @type {Record<"ours" | "theirs", Run[]>} */
        const done = { ours: [], theirs: [] };
        for (let round = 1; round <= runs; round++) {
          note(
            `ponder: ${size} fulfilments, ${postgres ? "PostgreSQL" : "embedded"}, run ${round} of ${runs}`,
          );
          done.ours.push(await ours({ rpcUrl, size, databaseUrl: await databases?.newDatabase() }));
          done.theirs.push(
            await theirs(folder, { rpcUrl, size, databaseUrl: await databases?.newDatabase() }),
          );
        }
        figures.push(...figuresOf(size, postgres, done));
      } finally {
        await databases?.remove();
      }
    }
    return figures;
  } finally {
    server.kill();
  }
}

/** @param {number} size @param {boolean} postgres @param {Record<"ours" | "theirs", Run[]>} done */
function figuresOf(size, postgres, { ours, theirs }) {
  const name = `beside-ponder-${size}${postgres ? "-postgres" : ""}`;
  const peer = `Ponder ${VERSIONS.ponder}, ${postgres ? "PostgreSQL" : "PGlite"}`;
  const of = (/** @type {Run[]} */ runs, /** @type {keyof Run} */ key) => median(runs.map((run) => run[key]));
  /** @param {keyof Run} key @param {string} unit @param {string} suffix @param {number} [bar] */
  const figure = (key, unit, suffix, bar) =>
    beside({
      ...{ name: `${name}${suffix}`, unit, value: of(ours, key), peer, peerValue: of(theirs, key) },
      ...{ better: /** @type {const} */ ("less"), atLeast: size === LARGE ? bar : undefined },
    });
  return [
    alone({ name: `${name}-rate`, unit: "fulfilments/CPU-s", value: size / of(ours, "cpuSeconds") }),
    figure("cpuSeconds", "CPU-seconds", "", BAR),
    figure("megabytes", "MB", "-peak", MEMORY_BAR),
    figure("restart", "s to ready after a restart", "-restart"),
  ];
}

/** @param {(line: string) => void} note */
function install(note) {
  const folder = join(tmpdir(), `provender-bench-ponder-${VERSIONS.ponder}`);
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  if (!existsSync(join(folder, "node_modules/ponder"))) {
    note(`ponder: installing ${VERSIONS.ponder} in ${folder}`);
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
  }
  return folder;
}

async function postgresDatabases() {
  const { startPostgres } = await import("../../test/service/helpers/postgres.ts");
  return startPostgres();
}

/** @param {Task} task @returns {Promise<Run>} */
async function ours({ rpcUrl, size, databaseUrl }) {
  const folder = mkdtempSync(join(tmpdir(), "provender-bench-"));
  const read = () => {
    const env = { ...process.env, ...(databaseUrl && { DATABASE_URL: databaseUrl }) };
    const args = [RUN, READER, "provender", rpcUrl, folder];
    return JSON.parse(execFileSync(process.execPath, args, { env }).toString());
  };
  try {
    const { stored, cpuSeconds, megabytes } = read();
    if (stored !== size) throw new Error(`${stored} fulfilments are stored, not ${size}`);
    const began = performance.now();
    read();
    return { cpuSeconds, megabytes, restart: (performance.now() - began) / 1e3 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} folder @param {Task} task @returns {Promise<Run>} */
async function theirs(folder, { rpcUrl, size, databaseUrl }) {
  const data = mkdtempSync(join(tmpdir(), "provender-bench-"));
  const start = async () => {
    const env = {
      ...{ ...process.env, BENCH_RPC: rpcUrl, BENCH_FOLDER: data, PONDER_TELEMETRY_DISABLED: "true" },
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    };
    const began = performance.now();
    const args = ["node_modules/ponder/dist/esm/bin/ponder.js", "start", "--schema", "bench"];
    const child = spawn(process.execPath, [...args, "--port", String(PORT), "--log-level", "error"], {
      ...{ cwd: folder, env, stdio: ["ignore", "inherit", "inherit"] },
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      const url = `http://127.0.0.1:${PORT}`;
      while (!(await fetch(`${url}/ready`).catch(() => undefined))?.ok) {
        if (child.exitCode !== null || performance.now() - began > PATIENCE)
          throw new Error("Ponder does not become ready");
        await setTimeout(100);
      }
      const seconds = (performance.now() - began) / 1e3;
      const counted = await (await fetch(`${url}/count`)).json();
      const [{ count }] = /** @type {[{ count: number }]} */ (counted);
      if (Number(count) !== size) throw new Error(`${count} fulfilments are stored, not ${size}`);
      return { ...usedBy(/** @type {number} */ (child.pid)), seconds };
    } finally {
      child.kill("SIGTERM");
      const late = new AbortController();
      const hurry = setTimeout(10_000, undefined, { signal: late.signal });
      hurry.then(
        () => child.kill("SIGKILL"),
        () => undefined,
      );
      await ended;
      late.abort();
    }
  };
  try {
    const { cpuSeconds, megabytes } = await start();
    return { cpuSeconds, megabytes, restart: (await start()).seconds };
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

/** What a process has used so far. @param {number} pid */
function usedBy(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const kilobytes = /VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
    megabytes: (Number(kilobytes) * 1_024) / 1e6,
  };
}

/** Nothing is measured in a process of this topic's own. */
export async function work() {
  throw new Error("the topic ponder has no worker");
}
