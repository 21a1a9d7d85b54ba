// SPDX-License-Identifier: AGPL-3.0-only
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Hex } from "../../service/core/types.ts";
import { type Line, type ProverProcess, spawnProver } from "../prover-process.ts";
import type { Prover } from "./cast.ts";
import { chapter, command, good, note, say, table } from "./print.ts";
import { RECORDED_FOLDER } from "./programs.ts";
import { bareEnv } from "./provender.ts";
import type { Stage } from "./setup.ts";

/** The provers' processes, by the prover's name. */
export type Nodes = Map<string, ProverProcess>;

function argsOf({ chain, folder, settings, zkvm }: Stage, { name, address }: Prover): string[] {
  return [
    ...["--from", address, "--rpc", chain.url, "--deployment", settings.PROVENDER_DEPLOYMENT],
    ...["--data-dir", join(folder, "provers", name.toLowerCase()), "--proofs", RECORDED_FOLDER],
    ...["--backend-url", zkvm, "--every", "0.2"],
  ];
}

/** A prover's node; started again, it finds its bids where it left them. */
export function startNode(stage: Stage, prover: Prover): ProverProcess {
  const { name } = prover;
  const folder = join(stage.folder, "provers", name.toLowerCase());
  mkdirSync(folder, { recursive: true });
  const costs = [...stage.programs.recorded, ...stage.programs.development].flatMap((program) =>
    program.costs[name] === undefined ? [] : ["--cost-of", `${program.programKey}=${program.costs[name]}`],
  );
  const log = (text: string) => appendFileSync(join(folder, "log.jsonl"), text);
  return spawnProver({ name, args: [...argsOf(stage, prover), ...costs], env: bareEnv(), log });
}

/** Whether a node's lines hold an event, of one request if it is given. */
export function told(event: string, request?: Hex) {
  return (lines: readonly Line[]) =>
    lines.some((line) => line.event === event && (request === undefined || line.request === request));
}

export const nodeOf = (nodes: Nodes, name: string) => nodes.get(name) as ProverProcess;

/** One process a prover, each with costs that no other knows. */
export async function startNodes(stage: Stage): Promise<Nodes> {
  const { provers } = stage.cast;
  chapter("Each prover runs a node");
  say("A process of its own that watches the market, bids what a zk proof costs it, proves, and hands in.");
  command(
    `npx provender prover run ${argsOf(stage, provers[0] as Prover).join(" ")} --cost-of PROGRAM=TOKENS …`,
  );
  const nodes: Nodes = new Map();
  for (const prover of provers) {
    const node = startNode(stage, prover);
    nodes.set(prover.name, node);
    // The first one puts the program together, if that was not done before.
    if (nodes.size === 1) await node.until(told("started"), "start");
  }
  for (const node of nodes.values()) await node.until(told("started"), "start");
  good(
    `${provers.length} nodes are watching the market; what they do is in ${stage.folder}/provers/*/log.jsonl`,
  );
  const { recorded, development } = stage.programs;
  table(
    ["what a zk proof costs, in PVD", ...provers.map(({ name }) => name)],
    [...recorded, ...development].map(({ name, system, costs }) => [
      `${name} (${system})`,
      ...provers.map((prover) => costs[prover.name] ?? "–"),
    ]),
    1,
  );
  note(
    "Nobody else knows a prover's costs, and – is a program that it does not prove. The recorded zk proofs of",
    "Pico and SP1 were made for other networks; those of the small development zkVM are made here, on the spot.",
  );
  return nodes;
}
