// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { setTimeout as rest } from "node:timers/promises";
import type { Address } from "../../../service/core/types.ts";
import type { Run, Siege } from "../hostile.mjs";
import { provenderServe, untilReady } from "../serve/command.ts";
import type { ServerProcess } from "../serve/process.ts";
import { type Stage, stageOf } from "../serve/stage.ts";
import { makeEntries } from "../tree/entries.mjs";
import { inWorker } from "../worker.mjs";
import { ATTACKS, attackWith, type Target } from "./attacks.ts";

type Task =
  | { readonly role: "defend"; readonly leaves: number; readonly runs: number }
  | { readonly role: "attack"; readonly attack: string; readonly target: Target };

const SECONDS = 10;
/** Milliseconds between two questions of whoever watches the server. */
const OFTEN = 20;
/** Questions between two looks at the server's memory. */
const SOME = 25;

export async function workOn(task: Task): Promise<unknown> {
  if (task.role === "defend") return defend(task);
  const end = performance.now() + SECONDS * 1_000;
  return (await attackWith(task.attack, task.target, () => performance.now() > end)) / SECONDS;
}

async function defend({ leaves, runs }: { leaves: number; runs: number }): Promise<Run[]> {
  const stage = await stageOf({ epochs: 1, leaves });
  const { prover } = makeEntries(leaves)[leaves >> 1] as { prover: Address };
  try {
    const done: Run[] = [];
    while (done.length < runs) done.push(await oneRun(stage, prover));
    return done;
  } finally {
    stage.chain.anvil.stop();
    rmSync(stage.directory, { recursive: true });
  }
}

/** A server that has answered each of its routes once is idle; then one attack after the other meets the same one. */
async function oneRun(stage: Stage, prover: Address): Promise<Run> {
  const server = await provenderServe(stage, []);
  const target = { url: server.url, prover };
  try {
    await untilReady(server);
    const proof = await proofOf(target);
    const { megabytes: idle } = await server.usage();
    const sieges: Siege[] = [];
    for (const attack of Object.keys(ATTACKS)) sieges.push(await siege({ server, attack, target, proof }));
    return { idle, sieges };
  } finally {
    server.stop();
  }
}

/** Undefined: the rate is used up. */
async function proofOf({ url, prover }: Target): Promise<string | undefined> {
  const answer = await fetch(`${url}/v1/provers/${prover}/proof`);
  const text = await answer.text();
  if (answer.status === 429) return undefined;
  if (answer.status !== 200) throw new Error(`${answer.status} instead of a proof: ${text}`);
  return text;
}

interface Scene {
  readonly server: ServerProcess;
  readonly attack: string;
  readonly target: Target;
  readonly proof: string | undefined;
}

/** The attack comes from a process of its own. */
async function siege({ server, attack, target, proof }: Scene): Promise<Siege> {
  let open = true;
  const over = () => {
    open = false;
  };
  const attacks: Promise<number> = inWorker("hostile", { role: "attack", attack, target });
  attacks.then(over, over);
  const times: number[] = [];
  let megabytes = 0;
  while (open) {
    const began = performance.now();
    const { status } = await fetch(`${target.url}/health`);
    times.push(performance.now() - began);
    if (status !== 200) throw new Error(`/health: ${status}`);
    if (times.length % SOME === 0) {
      megabytes = Math.max(megabytes, (await server.usage()).megabytes);
      const now = await proofOf(target);
      if (now !== undefined && now !== proof) throw new Error(`another proof than before: ${now}`);
    }
    await rest(OFTEN);
  }
  times.sort((a, b) => a - b);
  return {
    ...{ attack, megabytes, attacks: await attacks },
    p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
  };
}
