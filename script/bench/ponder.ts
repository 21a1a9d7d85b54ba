// SPDX-License-Identifier: AGPL-3.0-only
// The same logs from the same endpoint into a database, by `provender sync` and by Ponder, an indexer that one would
// take otherwise. It is installed in a temporary folder when this topic first runs. What is measured is the process that
// reads: of a database server nothing is counted, of an embedded one all.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as rest } from "node:timers/promises";
import { startPostgres } from "../../test/service/helpers/postgres.ts";
import { type Figure, figure, medians, type Options } from "./figures.ts";
import { inFolder } from "./measured.ts";
import { FILES, VERSIONS } from "./ponder/app.ts";
import { startWorker, usageOf } from "./server-process.ts";
import { inWorker } from "./worker.ts";

const SIZE = 10_000;
/** The goal, at a hundred thousand fulfilments. */
const LARGE = 100_000;
const BARS = { cpu: 10, memory: 3 };
/** Milliseconds until what has not finished is given up. */
const PATIENCE = 900_000;
const URL_OF_PONDER = "http://127.0.0.1:42069";

interface Task {
  readonly rpcUrl: string;
  readonly size: number;
  readonly databaseUrl: string | undefined;
}

export async function run({ size = SIZE, ...options }: Options): Promise<Figure[]> {
  const folder = install(options.note);
  const endpoint = await startWorker("generated-logs", { size });
  const { rpcUrl } = endpoint.said;
  const postgres = await startPostgres();
  const besides = async (database: string, newDatabase?: () => Promise<string>) => {
    const task = async () => ({ rpcUrl, size, databaseUrl: await newDatabase?.() });
    const done = await medians(options, `ponder: ${size} fulfilments, ${database}`, {
      provender: async () => ours(await task()),
      ponder: async () => theirs(folder, await task()),
    });
    return figuresOf(size, database, done);
  };
  try {
    return [...(await besides("PGlite")), ...(await besides("PostgreSQL", postgres.newDatabase))];
  } finally {
    await postgres.remove();
    endpoint.stop();
  }
}

type Run = Awaited<ReturnType<typeof ours>>;

function figuresOf(size: number, database: string, of: { provender: Run; ponder: Run }): Figure[] {
  const name = `beside-ponder-${size}${database === "PostgreSQL" ? "-postgres" : ""}`;
  const peer = `Ponder ${VERSIONS.ponder}, ${database}`;
  const compared = (key: keyof Run, unit: string, suffix: string, bar?: number) =>
    figure({
      ...{ name: `${name}${suffix}`, unit, value: of.provender[key], peer, peerValue: of.ponder[key] },
      ...{ better: "less", atLeast: size === LARGE ? bar : undefined },
    });
  return [
    figure({ name: `${name}-rate`, unit: "fulfilments/CPU-second", value: size / of.provender.cpuSeconds }),
    compared("cpuSeconds", "CPU-seconds", "", BARS.cpu),
    compared("megabytes", "MB", "-peak", BARS.memory),
    compared("restart", "s to ready after a restart", "-restart"),
  ];
}

function install(note: Options["note"]): string {
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

async function ours(task: Task) {
  return inFolder(async (directory) => {
    const read = () => inWorker("ingest-rpc", { reader: "provender", directory, ...task });
    const { cpuSeconds, megabytes } = await read();
    const began = performance.now();
    await read();
    return { cpuSeconds, megabytes, restart: (performance.now() - began) / 1e3 };
  });
}

async function theirs(folder: string, task: Task): Promise<Run> {
  return inFolder(async (data) => {
    const { cpuSeconds, megabytes } = await startOfPonder(folder, data, task);
    return { cpuSeconds, megabytes, restart: (await startOfPonder(folder, data, task)).seconds };
  });
}

/** What it took until it was ready, and had stored everything. */
async function startOfPonder(cwd: string, data: string, { rpcUrl, size, databaseUrl }: Task) {
  const env = {
    ...{ ...process.env, BENCH_RPC: rpcUrl, BENCH_FOLDER: data, PONDER_TELEMETRY_DISABLED: "true" },
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
  };
  const args = ["node_modules/ponder/dist/esm/bin/ponder.js", "start", "--schema", "bench"];
  const flags = ["--port", new URL(URL_OF_PONDER).port, "--log-level", "error"];
  const began = performance.now();
  const child = spawn(process.execPath, [...args, ...flags], {
    ...{ cwd, env, stdio: ["ignore", "inherit", "inherit"] },
  });
  const ended = once(child, "exit");
  try {
    while (!(await fetch(`${URL_OF_PONDER}/ready`).catch(() => undefined))?.ok) {
      if (child.exitCode !== null || performance.now() - began > PATIENCE)
        throw new Error("Ponder does not become ready");
      await rest(100);
    }
    const seconds = (performance.now() - began) / 1e3;
    const counted = (await (await fetch(`${URL_OF_PONDER}/count`)).json()) as [{ count: number }];
    const [{ count }] = counted;
    if (Number(count) !== size) throw new Error(`${count} fulfilments are stored, not ${size}`);
    const { cpuSeconds, peakMegabytes: megabytes } = usageOf(child);
    return { seconds, cpuSeconds, megabytes };
  } finally {
    child.kill("SIGTERM");
    // It does not always end by itself.
    const hurry = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await ended;
    clearTimeout(hurry);
  }
}
