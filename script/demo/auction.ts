// SPDX-License-Identifier: AGPL-3.0-only
import { formatEther, keccak256, maxUint256, parseEther, toHex } from "viem";
import type { Hex } from "../../service/core/types.ts";
import { pass } from "../../test/service/helpers/anvil.ts";
import { countOf, type Line } from "../prover-process.ts";
import { nameOf, proverNamed } from "./cast.ts";
import { mustRefuse } from "./local-chain.ts";
import { type Nodes, nodeOf, startNode, told } from "./nodes.ts";
import { chapter, command, good, note, say, table } from "./print.ts";
import { programNamed, RUNS } from "./programs.ts";
import { asked } from "./provender.ts";
import type { Stage } from "./setup.ts";

/** What is asked for, under the requests' ids: one large job, or several small runs of one program. */
export interface Job {
  readonly title: string;
  readonly system: string;
  readonly ids: readonly [Hex, ...Hex[]];
}

/** In tokens. */
export const LARGE_FEE = "600";
const SMALL_FEE = "6";
/** Seconds for sealed bids, and as long again to open them. */
const PHASE = 600n;
/** Each large job's title, program, and which of the requesters asks. */
const LARGE = [
  ["fibonacci", "fibonacci", 0],
  ["attestation", "attestation", 0],
  ["network", "network", 0],
  ["network, for another", "network", 1],
  ["application", "application", 1],
  ["fibonacci again", "fibonacci", 0],
] as const;
/** The large job that its winner never delivers. */
export const MISSED = "network";

/** Requests, sealed bids, their reveal, and who won what. */
export async function auction(stage: Stage, nodes: Nodes): Promise<Job[]> {
  chapter("Requesters ask for zk proofs, provers bid");
  say("Bids are sealed, then opened: the lowest wins, and is paid the second-lowest bid.");
  const jobs = await openJobs(stage);
  const ids = jobs.flatMap((job) => job.ids);
  say(
    `Two requesters post ${ids.length} requests: ${LARGE.length} offer up to ${LARGE_FEE} PVD, the others up to ${SMALL_FEE} PVD.`,
    "Whoever wins has as much of its stake locked, and loses it to a missed deadline.",
  );
  const all = (what: string, condition: (lines: readonly Line[]) => boolean) =>
    Promise.all([...nodes.values()].map((node) => node.until(condition, what)));
  const isAnswered = (lines: readonly Line[]) => countOf(lines, "committed", "not-bid") === ids.length;
  await all(`bid, or say why not, for ${ids.length} requests`, isAnswered);
  const requests = await Promise.all(ids.map((id) => stage.market.read.requestOf([id])));
  const sealed = requests.reduce((sum, { commitCount }) => sum + commitCount, 0n);
  good(`${sealed} sealed bids are on the chain, and nobody can read one`);
  await refuseEve(stage, nodes, jobs[0] as Job);

  await restartBen(stage, nodes);
  await all("open its bids", (lines) => countOf(lines, "revealed") === bidsOf(lines));
  const dan = nodeOf(nodes, "Dan");
  if (!told("revealed")(dan.lines)) throw new Error("Dan must have opened a bid");
  await dan.kill();
  nodes.delete("Dan");
  note("Dan's node is killed too, once its bid is open, and stays dead.");
  await pass(stage.chain, PHASE + 1n);
  await showWinners(stage, jobs);
  return jobs;
}

async function openJobs({ cast, settings, programs, token, market }: Stage): Promise<Job[]> {
  // Once for all, so that each request is a single transaction.
  for (const account of cast.requesters) await token.write.approve([market.address, maxUint256], { account });
  command(`npx provender request --program KEY --digest DIGEST --input URL --fee ${LARGE_FEE} --deadline 2h`);
  const times = ["--deadline", "2h", "--bids", "10m", "--reveals", "10m"];
  const small = programs.development.map(({ name }) => [`${name}, ${RUNS} runs`, name, 1] as const);
  const jobs: Job[] = [];
  for (const [title, name, requester] of [...LARGE, ...small]) {
    const { system, programKey, runs } = programNamed(programs, name);
    const fee = runs.length === 1 ? LARGE_FEE : SMALL_FEE;
    const ids: Hex[] = [];
    for (const [digest, input] of runs) {
      const what = ["--program", programKey, "--digest", digest, "--input", input, "--fee", fee];
      const args = ["request", ...what, ...times, "--from", cast.requesters[requester]];
      ids.push((await asked<{ id: Hex }>(args, settings)).id);
    }
    jobs.push({ title, system, ids: ids as [Hex, ...Hex[]] });
  }
  return jobs;
}

/** A node started anew has not committed in its own log: it resumes. */
const bidsOf = (lines: readonly Line[]) => countOf(lines, "committed", "resumed");

async function refuseEve({ market, cast }: Stage, nodes: Nodes, { title, ids: [id] }: Job): Promise<void> {
  const { name, address: account, stake } = proverNamed(cast, "Eve");
  const tooLarge = ({ event, request, reason }: Line) =>
    event === "not-bid" && request === id && reason === "collateral";
  if (!nodeOf(nodes, name).lines.some(tooLarge)) {
    throw new Error("Eve's node must not bid without collateral");
  }
  say(
    `Eve would be cheapest at ${title}, but has ${stake} PVD where ${LARGE_FEE} PVD are locked:`,
    "her node does not bid for it. If it did anyhow:",
  );
  const salt = keccak256(toHex("Eve's salt"));
  const commitment = await market.read.commitmentFor([id, account, parseEther("100"), salt]);
  const committing = market.simulate.commit([id, account, commitment], { account });
  await mustRefuse("Eve bids without collateral", committing, "InsufficientCollateral");
}

/** The windows for bids close while Ben's node is dead; a new process opens the bids of the old one. */
async function restartBen(stage: Stage, nodes: Nodes): Promise<void> {
  const ben = proverNamed(stage.cast, "Ben");
  const before = nodeOf(nodes, ben.name);
  const bids = bidsOf(before.lines);
  await before.kill();
  note(`Ben's node is killed, in the middle of the auction, with ${bids} sealed bids that only it can open.`);
  await pass(stage.chain, PHASE + 1n);
  const began = performance.now();
  const after = startNode(stage, ben);
  nodes.set(ben.name, after);
  const isBack = (lines: readonly Line[]) =>
    countOf(lines, "resumed") === bids && countOf(lines, "revealed") === bids;
  await after.until(isBack, `open its ${bids} bids, started again`);
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  good(
    `Ben's node is started again: ${seconds} s later it has found all ${bids} bids on its disk and opened them`,
  );
}

async function showWinners({ chain, market, cast }: Stage, jobs: readonly Job[]): Promise<void> {
  const opened = await chain.client.getContractEvents({
    ...{ ...market, eventName: "Revealed", strict: true, fromBlock: 0n },
  });
  const resultOf = async (id: Hex): Promise<[string, string, string]> => {
    const bids = opened
      .filter(({ args }) => args.id === id)
      .map(({ args }) => ({ prover: nameOf(cast, args.prover), fee: args.fee }))
      .sort((a, b) => Number(a.fee - b.fee));
    const [lowest, second = lowest] = bids;
    const { leader, price } = await market.read.requestOf([id]);
    if (lowest?.prover !== nameOf(cast, leader) || price !== second?.fee) {
      throw new Error("the lowest bid must win, and be paid the second-lowest");
    }
    const shown = bids.map(({ prover, fee }) => `${prover} ${formatEther(fee)}`);
    return [shown.join(", "), lowest.prover, formatEther(price)];
  };
  const rows = [];
  for (const { title, ids } of jobs) {
    const [first, ...others] = await Promise.all(ids.map(resultOf));
    if (others.some((other) => String(other) !== String(first))) {
      throw new Error(`${title}: the runs must be bid for alike`);
    }
    rows.push([title, ...(first ?? [])]);
  }
  table(["asked for", "bids in PVD", "winner", "to be paid"], rows, 3);
  const missed = rows.find(([title]) => title === MISSED);
  if (missed?.[2] !== "Dan") throw new Error(`Dan must have won ${MISSED}`);
}
