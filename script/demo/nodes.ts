// SPDX-License-Identifier: AGPL-3.0-only
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Line, type ProverProcess, spawnProver } from "../prover-process.ts";
import type { Prover } from "./cast.ts";
import { chapter, command, good, note, say, table } from "./print.ts";
import { RECORDED_FOLDER } from "./programs.ts";
import { bareEnv } from "./provender.ts";
import type { Stage } from "./setup.ts";
import { within } from "./within.ts";

/** The provers' processes, by the prover's name. */
export type Nodes = Map<string, ProverProcess>;

const LAST_LINES = 5;

function folderOf({ folder }: Stage, { name }: Prover): string {
  return join(folder, "provers", name.toLowerCase());
}

function argsOf(stage: Stage, prover: Prover): string[] {
  return [
    ...["--from", prover.address, "--rpc", stage.chain.url, "--deployment", stage.record],
    ...["--data-dir", folderOf(stage, prover), "--proofs", RECORDED_FOLDER],
    ...["--backend-url", stage.zkvm, "--every", "0.2"],
  ];
}

function costArgsOf({ programs }: Stage, { costs }: Prover): string[] {
  return [...programs.recorded, ...programs.development].flatMap(({ name, programKey }) =>
    costs[name] === undefined ? [] : ["--cost-of", `${programKey}=${costs[name]}`],
  );
}

/** A prover's node; started again, it finds its bids where it left them. */
export function startNode(stage: Stage, prover: Prover): ProverProcess {
  const folder = folderOf(stage, prover);
  mkdirSync(folder, { recursive: true });
  const log = join(folder, "log.jsonl");
  return spawnProver({
    name: prover.name,
    args: [...argsOf(stage, prover), ...costArgsOf(stage, prover)],
    env: bareEnv(),
    log: (text) => appendFileSync(log, text),
  });
}

/** Waits until a node's log tells what it must. */
export async function heard(
  node: ProverProcess,
  what: string,
  condition: (lines: readonly Line[]) => boolean,
): Promise<readonly Line[]> {
  return within(what, node.until(condition), {
    more: () =>
      node.lines
        .slice(-LAST_LINES)
        .map((line) => JSON.stringify(line))
        .join("\n"),
  });
}

export function told(event: string, request?: string) {
  return (lines: readonly Line[]) =>
    lines.some((line) => line.event === event && (request === undefined || line.request === request));
}

export function nodeOf(nodes: Nodes, name: string): ProverProcess {
  const node = nodes.get(name);
  if (node === undefined) throw new Error(`${name} has no node`);
  return node;
}

/** One process a prover, each with costs that no other knows. */
export async function startNodes(stage: Stage): Promise<Nodes> {
  const { provers } = stage.cast;
  chapter("Each prover runs a node");
  say("A process of its own that watches the market, bids what a zk proof costs it, proves, and hands in.");
  const [first] = provers;
  if (first !== undefined) {
    command(`npx provender prover run ${argsOf(stage, first).join(" ")} --cost-of PROGRAM=TOKENS …`);
  }
  const nodes: Nodes = new Map(provers.map((prover) => [prover.name, startNode(stage, prover)]));
  for (const [name, node] of nodes) await heard(node, `${name}'s node to start`, told("started"));
  good(
    `${provers.length} nodes are watching the market; what they do is in ${stage.folder}/provers/*/log.jsonl`,
  );
  const { recorded, development } = stage.programs;
  table(
    ["what a zk proof costs, in PVD", ...provers.map(({ name }) => name)],
    [...recorded, ...development].map(({ name, system }) => [
      `${name} (${system})`,
      ...provers.map(({ costs }) => costs[name] ?? "–"),
    ]),
  );
  note(
    "Nobody else knows a prover's costs, and – is a program that it does not prove. The recorded zk proofs of",
  );
  note(
    "Pico and SP1 were made for other networks; those of the small development zkVM are made here, on the spot.",
  );
  return nodes;
}

export async function endNodes(nodes: Nodes): Promise<void> {
  await Promise.all([...nodes.values()].map((node) => within("a node to end", node.kill())));
}
