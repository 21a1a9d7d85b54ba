// SPDX-License-Identifier: AGPL-3.0-only
import { formatEther, keccak256, parseEther, toHex } from "viem";
import { proofMarketAbi } from "../../test/abi.ts";
import { countOf, type Line } from "../prover-process.ts";
import { nameOf, proverNamed } from "./cast.ts";
import { LARGE_FEE, type OpenJob, type OpenJobs, openJobs, PHASE, requestOf, SMALL_FEE } from "./jobs.ts";
import { callOf, mustRefuse, timestamp, travelTo } from "./local-chain.ts";
import { heard, type Nodes, nodeOf, startNode, told } from "./nodes.ts";
import { chapter, good, note, say, table, tokens } from "./print.ts";
import { abi, type Stage } from "./setup.ts";
import { within } from "./within.ts";

interface Bid {
  readonly prover: string;
  readonly fee: bigint;
}

/** Requests, sealed bids, their reveal, and who won what. */
export async function auction(stage: Stage, nodes: Nodes): Promise<OpenJobs> {
  const { client } = stage.chain;
  chapter("Requesters ask for zk proofs, provers bid");
  say("Bids are sealed, then opened: the lowest wins, and is paid the second-lowest bid.");
  const jobs = await openJobs(stage);
  const all = [...jobs.large, ...jobs.small.flat()];
  say(
    `Two requesters post ${all.length} requests: ${jobs.large.length} offer up to ${tokens(LARGE_FEE)}, the others up to ${tokens(SMALL_FEE)}.`,
  );
  say("Whoever wins has as much of its stake locked, and loses it to a missed deadline.");
  await Promise.all([...nodes].map(([name, node]) => heardOfAll(name, node, all.length)));
  const sealed = (await Promise.all(all.map((job) => requestOf(stage, job)))).map(
    ({ commitCount }) => commitCount,
  );
  good(`${sealed.reduce((sum, count) => sum + count)} sealed bids are on the chain, and nobody can read one`);
  await refuseEve(stage, nodes, jobs);

  await restartBen(stage, nodes);
  await Promise.all(
    [...nodes].map(([name, node]) =>
      heard(node, `${name} to open its bids`, (lines) => countOf(lines, "revealed") === bidsOf(lines)),
    ),
  );
  await killDan(nodes);
  await travelTo(client, (await timestamp(client)) + PHASE + 1n);
  await showWinners(stage, jobs);
  return jobs;
}

/** Until a node has bid for each of so many requests, or said why not. */
const heardOfAll = (name: string, node: ReturnType<typeof nodeOf>, requests: number) =>
  heard(
    node,
    `${name} to bid, or say why not, for ${requests} requests`,
    (lines) => countOf(lines, "committed", "not-bid") === requests,
  );

/** A node started anew has not committed in its own log: it resumes. */
const bidsOf = (lines: readonly Line[]) => countOf(lines, "committed", "resumed");

async function refuseEve(stage: Stage, nodes: Nodes, { large: [first] }: OpenJobs): Promise<void> {
  if (first === undefined) throw new Error("nothing was asked for");
  const { market, cast, chain } = stage;
  const eve = proverNamed(cast, "Eve");
  const tooLarge = ({ event, request, reason }: Line) =>
    event === "not-bid" && request === first.id && reason === "collateral";
  if (!nodeOf(nodes, eve.name).lines.some(tooLarge)) {
    throw new Error("Eve's node must not bid without collateral");
  }
  say(
    `Eve would be cheapest at ${first.title}, but has ${tokens(eve.selfStake)} where ${tokens(LARGE_FEE)} are locked:`,
  );
  say("her node does not bid for it. If it did anyhow:");
  const commitment = await chain.client.readContract({
    address: market,
    abi: proofMarketAbi,
    functionName: "commitmentFor",
    args: [first.id, eve.address, parseEther("100"), keccak256(toHex("Eve's salt"))],
  });
  await mustRefuse(chain.client, eve.address, {
    what: "Eve bids without collateral",
    call: callOf(market, abi, "commit", first.id, eve.address, commitment),
    error: "InsufficientCollateral",
  });
}

/** The windows for bids close while Ben's node is dead; a new process opens the bids of the old one. */
async function restartBen(stage: Stage, nodes: Nodes): Promise<void> {
  const { client } = stage.chain;
  const ben = proverNamed(stage.cast, "Ben");
  const before = nodeOf(nodes, ben.name);
  const bids = bidsOf(before.lines);
  await within("Ben's node to end", before.kill());
  note(`Ben's node is killed, in the middle of the auction, with ${bids} sealed bids that only it can open.`);
  await travelTo(client, (await timestamp(client)) + PHASE + 1n);
  const began = performance.now();
  const after = startNode(stage, ben);
  nodes.set(ben.name, after);
  await heard(
    after,
    `Ben's node, started again, to open its ${bids} bids`,
    (lines) => countOf(lines, "resumed") === bids && countOf(lines, "revealed") === bids,
  );
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  good(
    `Ben's node is started again: ${seconds} s later it has found all ${bids} bids on its disk and opened them`,
  );
}

async function killDan(nodes: Nodes): Promise<void> {
  const node = nodeOf(nodes, "Dan");
  if (!told("revealed")(node.lines)) throw new Error("Dan must have opened a bid");
  await within("Dan's node to end", node.kill());
  nodes.delete("Dan");
  note("Dan's node is killed too, once its bid is open, and stays dead.");
}

async function showWinners(stage: Stage, { large, small, missed }: OpenJobs): Promise<void> {
  const bids = await revealedBids(stage);
  const rows = [];
  for (const [title, jobs] of [
    ...large.map((job) => [job.title, [job]] as const),
    ...small.map((runs) => [`${runs[0]?.title}, ${runs.length} runs`, runs] as const),
  ]) {
    rows.push(await winnerRow(stage, bids, { title, jobs }));
  }
  table(["asked for", "bids in PVD", "winner", "to be paid"], rows);
  const { leader } = await requestOf(stage, missed);
  if (nameOf(stage.cast, leader) !== "Dan") throw new Error(`Dan must have won ${missed.title}`);
}

/** For jobs that everybody bids alike for. */
async function winnerRow(
  stage: Stage,
  bids: ReadonlyMap<string, readonly Bid[]>,
  { title, jobs }: { readonly title: string; readonly jobs: readonly OpenJob[] },
): Promise<string[]> {
  const rows = new Set<string>();
  for (const job of jobs) {
    const { leader, price } = await requestOf(stage, job);
    const winner = nameOf(stage.cast, leader);
    const [lowest, second] = bids.get(job.id) ?? [];
    if (lowest?.prover !== winner || price !== (second ?? lowest).fee) {
      throw new Error(`${job.title}: the lowest bid must win, and be paid the second-lowest`);
    }
    const shown = (bids.get(job.id) ?? []).map(({ prover, fee }) => `${prover} ${formatEther(fee)}`);
    rows.add(JSON.stringify([title, shown.join(", "), winner, formatEther(price)]));
  }
  const [row, ...others] = rows;
  if (row === undefined || others.length > 0) throw new Error(`${title}: the runs must be bid for alike`);
  return JSON.parse(row) as string[];
}

/** Every opened bid, the lowest first, by the request's id. */
async function revealedBids({ chain: { client }, market, cast }: Stage): Promise<Map<string, Bid[]>> {
  const bids = new Map<string, Bid[]>();
  const logs = await client.getContractEvents({
    ...{ address: market, abi: proofMarketAbi, eventName: "Revealed", strict: true, fromBlock: 0n },
  });
  for (const { args } of logs) {
    const { id, prover, fee } = args;
    bids.set(id, [...(bids.get(id) ?? []), { prover: nameOf(cast, prover), fee }]);
  }
  for (const of of bids.values()) of.sort((a, b) => Number(a.fee - b.fee));
  return bids;
}
