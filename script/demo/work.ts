// SPDX-License-Identifier: AGPL-3.0-only
import { bytesToHex, formatEther, hexToBytes } from "viem";
import type { Hex } from "../../service/core/types.ts";
import { travelTo } from "../../test/service/helpers/anvil.ts";
import { type Job, LARGE_FEE, MISSED } from "./auction.ts";
import { nameOf, proverNamed } from "./cast.ts";
import { mustRefuse } from "./local-chain.ts";
import { type Nodes, nodeOf, told } from "./nodes.ts";
import { chapter, good, note, say, tokens } from "./print.ts";
import { provender } from "./provender.ts";
import type { Stage } from "./setup.ts";

/** What the winners' nodes prove and hand in, shown as the chain confirms it. */
export async function deliver(stage: Stage, nodes: Nodes, jobs: readonly Job[]): Promise<void> {
  chapter("Zero-knowledge proofs, verified on chain");
  say(
    "The winners' nodes see that they won, prove, and hand in. The contract checks every zk proof with the",
    "pairing precompiles before anybody is paid; 10 % of each fee goes to the protocol, the rest to the vault.",
  );
  const began = performance.now();
  const due = jobs.filter(({ title }) => title !== MISSED);
  const counted = await Promise.all(due.map((job) => delivered(stage, nodes, job)));
  const small = new Set<unknown>(jobs.flatMap(({ ids }) => (ids.length > 1 ? ids : [])));
  const made = [...nodes.values()]
    .flatMap(({ lines }) => lines.filter(({ event, request }) => event === "proven" && small.has(request)))
    .map(({ ms }) => Number(ms));
  note(
    `${made.length} zk proofs were made on the spot, each in ${inSeconds(Math.min(...made))} to ${inSeconds(Math.max(...made))} s; after ${inSeconds(performance.now() - began)} s all were handed in.`,
  );
  if (counted.filter((work) => work === 0n).length !== 1) {
    throw new Error("of two zk proofs of one statement, one must count nothing");
  }
}

const inSeconds = (ms: number) => (ms / 1_000).toFixed(1);

/** Until the winner's node has handed a job's zk proofs in. @returns the weight that they count, in wei × basis points */
async function delivered(stage: Stage, nodes: Nodes, { title, system, ids }: Job): Promise<bigint> {
  const { chain, cast, market } = stage;
  const events = await Promise.all(
    ids.map(async (id) => {
      const winner = nameOf(cast, (await market.read.requestOf([id])).leader);
      await nodeOf(nodes, winner).until(told("fulfilled", id), `prove ${title} and hand it in`);
      const found = { ...market, eventName: "Fulfilled", args: { id }, strict: true, fromBlock: 0n } as const;
      const [event] = await chain.client.getContractEvents(found);
      if (event === undefined) throw new Error(`${title} was not fulfilled`);
      return { winner, ...event.args };
    }),
  );
  const [fee, weight, counts] = (["fee", "weight", "countedWeight"] as const).map((key) =>
    events.reduce((sum, event) => sum + event[key], 0n),
  ) as [bigint, bigint, bigint];
  const times = weight === fee * 10_000n ? "" : `, ${formatEther((weight * 10n ** 14n) / fee)} × the fee`;
  good(
    `${title} (${system}): verified, ${events[0]?.winner} is paid ${tokens(fee)}, and counts ${
      counts === 0n
        ? "nothing: what was proven before earns no reward again"
        : `as ${tokens(counts / 10_000n)} of work${times}`
    }`,
  );
  return counts;
}

/** Dan's node is dead: a zk proof that proves nothing does not help it, and its deadline passes. */
export async function miss(stage: Stage, jobs: readonly Job[]): Promise<void> {
  const { chain, cast, market, settings } = stage;
  const account = proverNamed(cast, "Dan").address;
  const [id] = (jobs.find(({ title }) => title === MISSED) as Job).ids;
  chapter("A tampered proof, and a missed deadline");
  say(`Dan won ${MISSED} with the lowest bid, and its node is dead. Could it still get through with a fake?`);
  const fulfil = (zkProof: Hex) => market.simulate.fulfil([id, zkProof], { account });
  const { zkProof } = stage.programs.recorded.find(({ name }) => name === MISSED) as { zkProof: Hex };
  await mustRefuse("the right zk proof with one bit changed", fulfil(tampered(zkProof)), "InvalidProof");
  await fulfil(zkProof);
  note("With that bit as it was, the contract would accept it until the deadline. Nobody hands it in.");
  const { deadline, requester } = await market.read.requestOf([id]);
  await travelTo(chain, deadline + 1n);
  await provender(["refund", id, "--from", requester], settings);
  const found = { ...market, eventName: "Missed", args: { id }, strict: true, fromBlock: 0n } as const;
  const [event] = await chain.client.getContractEvents(found);
  if (event === undefined) throw new Error("the miss left no event");
  good(
    `after the deadline: the requester is refunded ${LARGE_FEE} PVD, and ${tokens(event.args.slashed)} of the stake in Dan's vault are slashed`,
  );
}

function tampered(zkProof: Hex): Hex {
  const bytes = hexToBytes(zkProof);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  return bytesToHex(bytes);
}
