// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { median } from "../figures.mjs";
import { makeEntries } from "../tree/entries.mjs";
import { provenderServe } from "./command.ts";
import { fullLoad, latencyAt } from "./load.ts";
import { NAMES, peerServer } from "./peers.mjs";
import { serveHere, serveThere } from "./process.ts";
import { EMPTY } from "./server.ts";
import { type Stage, stageOf } from "./stage.ts";

type Task =
  | { readonly role: "ours" | "peers"; readonly leaves: number; readonly runs: number }
  | { readonly role: "peer server"; readonly peer: string; readonly leaves: number };

const TOPIC = "serve";
const TURNS = 4;
/** Requests of each at a time: about a second's, as the server asks the chain once a second and short turns would each pay. */
const A_TURN = 10_000;
/** For whom each takes milliseconds. */
const FEW = 1_000;

export async function workOn(task: Task): Promise<unknown> {
  if (task.role === "peer server") return serveHere(await peerServer(task.peer, task.leaves));
  return task.role === "ours" ? ours(task) : peers(task);
}

/** The path of one prover's merkleProof after another, across the whole tree. */
function proofPaths(leaves: number): () => string {
  const paths = makeEntries(leaves).map(({ prover }) => `/v1/provers/${prover}/proof`);
  let next = 0;
  return () => {
    next = (next + 7_919) % paths.length;
    return paths[next] as string;
  };
}

async function ours({ leaves, runs }: { readonly leaves: number; readonly runs: number }) {
  const stage = await stageOf({ epochs: 1, leaves });
  const path = proofPaths(leaves);
  try {
    const done = [];
    while (done.length < runs) done.push({ ...(await beside(stage, path)), ...(await alone(stage, path)) });
    return done;
  } finally {
    stage.chain.anvil.stop();
    rmSync(stage.directory, { recursive: true });
  }
}

/**
 * A route that does nothing in the same app, and merkleProofs: by turns, so that whatever else the machine does meets
 * both alike.
 */
async function beside({ chain: { anvil, distributor }, directory }: Stage, path: () => string) {
  const task = { role: "server", rpcUrl: anvil.rpcUrl, distributor, directory };
  const server = await serveThere(TOPIC, task);
  for (const warm of [() => EMPTY, path]) await fullLoad(server, warm);
  const proofs: number[] = [];
  const empty: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    empty.push((await fullLoad(server, () => EMPTY, A_TURN)).perCpuSecond);
    proofs.push((await fullLoad(server, path, A_TURN)).perCpuSecond);
  }
  server.stop();
  return { perCpuSecond: overall(proofs), empty: overall(empty) };
}

/** The rate of turns of one length, each at its own rate. */
function overall(rates: readonly number[]): number {
  return rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0);
}

/** The command as it is run: how much memory it takes under load, and how fast it answers at half of that. */
async function alone(stage: Stage, path: () => string) {
  const server = await provenderServe(stage);
  await fullLoad(server, path);
  const { perSecond } = await fullLoad(server, path);
  const { megabytes } = await server.usage();
  const p99 = await latencyAt(server, path, perSecond / 2);
  server.stop();
  return { megabytes, p99 };
}

async function peers({ leaves, runs }: { readonly leaves: number; readonly runs: number }) {
  const path = proofPaths(leaves);
  const compared = [];
  for (const peer of NAMES) {
    const values = [];
    while (values.length < runs) {
      const server = await serveThere(TOPIC, { role: "peer server", peer, leaves });
      await fullLoad(server, path, FEW);
      values.push((await fullLoad(server, path, FEW)).perCpuSecond);
      server.stop();
    }
    compared.push({ peer, peerValue: median(values) });
  }
  return compared;
}
