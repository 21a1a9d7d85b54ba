// SPDX-License-Identifier: AGPL-3.0-only
import { bytesToHex, formatEther, hexToBytes, parseEventLogs } from "viem";
import { proofMarketAbi } from "../../test/abi.ts";
import type { Line } from "../prover-process.ts";
import { nameOf, proverNamed } from "./cast.ts";
import { type OpenJob, type OpenJobs, requestOf } from "./jobs.ts";
import { callOf, mustRefuse, send, travelTo } from "./local-chain.ts";
import { heard, type Nodes, nodeOf, told } from "./nodes.ts";
import { chapter, good, note, say, tokens } from "./print.ts";
import { abi, type Stage } from "./setup.ts";

type Hex = `0x${string}`;

interface Delivered {
  readonly winner: string;
  readonly fee: bigint;
  readonly protocolFee: bigint;
  readonly weight: bigint;
  readonly countedWeight: bigint;
}

/** What the winners' nodes prove and hand in, shown as the chain confirms it. */
export async function deliver(stage: Stage, nodes: Nodes, jobs: OpenJobs): Promise<void> {
  chapter("Zero-knowledge proofs, verified on chain");
  say(
    "The winners' nodes see that they won, prove, and hand in. The contract checks every zk proof with the",
  );
  say(
    "pairing precompiles before anybody is paid; 10 % of each fee goes to the protocol, the rest to the vault.",
  );
  const began = performance.now();
  const [large] = await Promise.all([
    Promise.all(
      jobs.large
        .filter(({ id }) => id !== jobs.missed.id)
        .map(async (job) => {
          const delivered = await delivery(stage, nodes, job);
          showLarge(job, delivered);
          return delivered;
        }),
    ),
    Promise.all(jobs.small.map((runs) => deliverSmall(stage, nodes, runs))),
  ]);
  const made = [...nodes.values()].flatMap(({ lines }) => provingTimes(lines, jobs));
  note(
    `${made.length} zk proofs were made on the spot, each in ${inSeconds(Math.min(...made))} to ${inSeconds(Math.max(...made))} s; after ${inSeconds(performance.now() - began)} s all were handed in.`,
  );
  const uncounted = large.filter(({ countedWeight }) => countedWeight === 0n);
  if (uncounted.length !== 1) throw new Error("of two zk proofs of one statement, one must count nothing");
}

function showLarge({ title, program }: OpenJob, { winner, fee, weight, countedWeight }: Delivered): void {
  const counts =
    countedWeight === 0n
      ? `and counts nothing: what was proven before earns no reward again`
      : `and counts as ${tokens(countedWeight / 10_000n)} of work${weight === fee * 10_000n ? "" : `, ${formatTimes(weight, fee)} × the fee`}`;
  good(`${title} (${program.system}): verified, ${winner} is paid ${tokens(fee)}, ${counts}`);
}

const inSeconds = (ms: number) => (ms / 1_000).toFixed(1);
const formatTimes = (weight: bigint, fee: bigint) => formatEther((weight * 10n ** 14n) / fee);

async function deliverSmall(stage: Stage, nodes: Nodes, runs: readonly OpenJob[]): Promise<void> {
  const all = await Promise.all(runs.map((job) => delivery(stage, nodes, job)));
  const [first] = all;
  if (first === undefined) throw new Error("nothing was run");
  const fees = all.reduce((sum, { fee }) => sum + fee, 0n);
  const work = all.reduce((sum, { countedWeight }) => sum + countedWeight, 0n);
  good(
    `${runs[0]?.title}, ${runs.length} runs (development zkVM): verified, ${first.winner} is paid ${tokens(fees)}, and counts as ${tokens(work / 10_000n)} of work`,
  );
}

/** Until the winner's node has handed a job's zk proof in, and what the chain says about that. */
async function delivery(stage: Stage, nodes: Nodes, job: OpenJob): Promise<Delivered> {
  const winner = nameOf(stage.cast, (await requestOf(stage, job)).leader);
  const lines = await heard(
    nodeOf(nodes, winner),
    `${winner}'s node to prove ${job.title} and hand it in`,
    told("fulfilled", job.id),
  );
  const line = lines.find(({ event, request }) => event === "fulfilled" && request === job.id);
  const { logs } = await stage.chain.client.getTransactionReceipt({ hash: line?.transaction as Hex });
  const [event] = parseEventLogs({ abi: proofMarketAbi, eventName: "Fulfilled", logs });
  if (event?.args.id !== job.id) throw new Error(`${job.title} was not fulfilled`);
  return { winner, ...event.args };
}

/** How long the node took for each zk proof of the development zkVM, in milliseconds. */
function provingTimes(lines: readonly Line[], { small }: OpenJobs): number[] {
  const ids = new Set<unknown>(small.flat().map(({ id }) => id));
  return lines
    .filter(({ event, request }) => event === "proven" && ids.has(request))
    .map(({ ms }) => Number(ms));
}

/** Dan's node is dead: a zk proof that proves nothing does not help it, and its deadline passes. */
export async function miss(stage: Stage, { missed }: OpenJobs): Promise<void> {
  const { client } = stage.chain;
  const dan = proverNamed(stage.cast, "Dan");
  const fulfil = (zkProof: Hex) => callOf(stage.market, abi, "fulfil", missed.id, zkProof);
  chapter("A tampered proof, and a missed deadline");
  say(
    `Dan won ${missed.title} with the lowest bid, and its node is dead. Could it still get through with a fake?`,
  );
  await mustRefuse(client, dan.address, {
    what: "the right zk proof with one bit changed",
    call: fulfil(tampered(missed.program.zkProof)),
    error: "InvalidProof",
  });
  await client.simulateContract({ ...fulfil(missed.program.zkProof), account: dan.address });
  note("With that bit as it was, the contract would accept it until the deadline. Nobody hands it in.");
  const { deadline } = await requestOf(stage, missed);
  await travelTo(client, deadline + 1n);
  const requester = stage.cast.requesters[missed.requester];
  const { logs } = await send(client, requester, callOf(stage.market, abi, "expire", missed.id));
  const [event] = parseEventLogs({ abi: proofMarketAbi, eventName: "Missed", logs });
  if (event === undefined) throw new Error("the miss left no event");
  good(
    `after the deadline: the requester is refunded ${tokens(missed.maxFee)}, and ${tokens(event.args.slashed)} of the stake in Dan's vault are slashed`,
  );
}

function tampered(zkProof: Hex): Hex {
  const bytes = hexToBytes(zkProof);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  return bytesToHex(bytes);
}
