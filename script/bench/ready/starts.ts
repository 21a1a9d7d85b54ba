// SPDX-License-Identifier: AGPL-3.0-only
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { promisify } from "node:util";
import type { Run } from "../ready.mjs";
import { COMMAND, provenderServe, untilReady, whereOf } from "../serve/command.ts";
import { type Stage, stageOf } from "../serve/stage.ts";

interface Task {
  readonly epochs: number;
  readonly leaves: number;
  readonly runs: number;
}

/** Trees as the epoch job stores them, and a database that was synced: what a server finds that is started again. */
export async function measureStarts({ runs, ...size }: Task): Promise<Run[]> {
  const stage = await stageOf(size);
  try {
    await promisify(execFile)(process.execPath, [COMMAND, "sync", ...whereOf(stage)]);
    const done: Run[] = [];
    while (done.length < runs) done.push(await start(stage));
    return done;
  } finally {
    stage.chain.anvil.stop();
    rmSync(stage.directory, { recursive: true });
  }
}

async function start(stage: Stage): Promise<Run> {
  const began = performance.now();
  const server = await provenderServe(stage);
  try {
    await untilReady(server);
    const seconds = (performance.now() - began) / 1_000;
    const { megabytes } = await server.usage();
    return { seconds, megabytes };
  } finally {
    server.stop();
  }
}
