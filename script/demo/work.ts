// SPDX-License-Identifier: AGPL-3.0-only
import { bytesToHex, hexToBytes, keccak256, parseEther, parseEventLogs, toHex } from "viem";
import { proofMarketAbi } from "../../service/chain/abi.ts";
import type { Prover } from "./cast.ts";
import { type Call, refusal, send, timestamp, travelTo } from "./local-chain.ts";
import { chapter, good, note, refused, say, tokens } from "./print.ts";
import { abi, type Proof, type Stage } from "./setup.ts";

interface Job {
  readonly title: string;
  readonly proof: Proof;
  readonly digest: `0x${string}`;
  readonly version: number;
  readonly bids: readonly (readonly [name: string, fee: string])[];
  readonly deadlineAfter: bigint;
}

interface OpenJob extends Job {
  readonly id: `0x${string}`;
}

const MAX_FEE = parseEther("500");
const PHASE = 600n;

function jobsOf(proofs: readonly Proof[]): Job[] {
  const of = (index: number) => {
    const proof = proofs[index];
    if (proof === undefined) throw new Error(`no proof ${index}`);
    return { proof, digest: proof.publicValuesDigest, version: index + 1 };
  };
  // Below 2^253, as a digest must be, and the digest of nothing that anybody has run.
  const unprovable = toHex(BigInt(keccak256(toHex("no such computation"))) >> 3n, { size: 32 });
  const twoHours = 7_200n;
  return [
    {
      ...of(0),
      title: "fibonacci (Pico v1.0)",
      bids: [
        ["Ada", "300"],
        ["Ben", "400"],
        ["Cleo", "450"],
      ],
      deadlineAfter: twoHours,
    },
    {
      ...of(1),
      title: "attestation (Pico v1.1)",
      bids: [
        ["Ben", "250"],
        ["Ada", "350"],
      ],
      deadlineAfter: twoHours,
    },
    {
      ...of(2),
      title: "prover network (Pico v1.2.2)",
      bids: [
        ["Cleo", "200"],
        ["Ben", "300"],
      ],
      deadlineAfter: twoHours,
    },
    { ...of(3), title: "application (SP1 v4)", bids: [["Dan", "280"]], deadlineAfter: twoHours },
    {
      ...of(0),
      title: "fibonacci again (Pico v1.0)",
      bids: [
        ["Ben", "440"],
        ["Ada", "480"],
      ],
      deadlineAfter: twoHours,
    },
    {
      ...of(0),
      digest: unprovable,
      title: "a job nobody finishes",
      bids: [["Dan", "100"]],
      deadlineAfter: 3_600n,
    },
  ];
}

function proverNamed(stage: Stage, name: string): Prover {
  const prover = stage.cast.provers.find((candidate) => candidate.name === name);
  if (prover === undefined) throw new Error(`nobody is called ${name}`);
  return prover;
}

const saltOf = (job: OpenJob, prover: Prover) => keccak256(`${job.id}${prover.address.slice(2)}`);

async function commitCall(stage: Stage, job: OpenJob, prover: Prover, fee: bigint): Promise<Call> {
  const commitment = await stage.chain.client.readContract({
    address: stage.market,
    abi: proofMarketAbi,
    functionName: "commitmentFor",
    args: [job.id, prover.address, fee, saltOf(job, prover)],
  });
  return { address: stage.market, abi, functionName: "commit", args: [job.id, prover.address, commitment] };
}

const requestOf = (stage: Stage, job: OpenJob) =>
  stage.chain.client.readContract({
    address: stage.market,
    abi: proofMarketAbi,
    functionName: "requestOf",
    args: [job.id],
  });

async function open(stage: Stage, job: Job): Promise<OpenJob> {
  const { client } = stage.chain;
  const hash = await client.writeContract({
    account: stage.cast.requester,
    address: stage.market,
    abi: proofMarketAbi,
    functionName: "request",
    args: [
      {
        programKey: job.proof.programKey,
        publicValuesDigest: job.digest,
        verifierVersion: BigInt(job.version),
        maxFee: MAX_FEE,
        minStake: 0n,
        commitDuration: PHASE,
        revealDuration: PHASE,
        deadline: (await timestamp(client)) + job.deadlineAfter,
        inputUri: `https://example.org/inputs/${job.proof.name}`,
      },
    ],
  });
  const { logs } = await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  const [requested] = parseEventLogs({ abi: proofMarketAbi, eventName: "Requested", logs });
  if (requested === undefined) throw new Error("the request left no event");
  return { ...job, id: requested.args.id };
}

/** Six requests, sealed bids, and who won each. */
export async function auction(stage: Stage): Promise<OpenJob[]> {
  const { client } = stage.chain;
  chapter("Requesters ask for proofs, provers bid");
  say("Bids are sealed, then opened: the lowest wins and is paid the second-lowest bid.");
  say(`Each request offers up to ${tokens(MAX_FEE)}; the winner's collateral is locked for it, twice that.`);
  const jobs: OpenJob[] = [];
  for (const job of jobsOf(stage.proofs)) jobs.push(await open(stage, job));
  for (const job of jobs) {
    for (const [name, fee] of job.bids) {
      const prover = proverNamed(stage, name);
      await send(client, prover.address, await commitCall(stage, job, prover, parseEther(fee)));
    }
  }
  const [first] = jobs;
  if (first === undefined) throw new Error("no job");
  const eve = proverNamed(stage, "Eve");
  refused(
    "Eve bids with 500 tokens of collateral where 1,000 must be locked",
    await refusal(client, eve.address, await commitCall(stage, first, eve, parseEther("100"))),
  );
  await travelTo(client, (await timestamp(client)) + PHASE + 1n);
  for (const job of jobs) {
    for (const [name, fee] of job.bids) {
      const prover = proverNamed(stage, name);
      await send(client, prover.address, {
        address: stage.market,
        abi,
        functionName: "reveal",
        args: [job.id, prover.address, parseEther(fee), saltOf(job, prover)],
      });
    }
  }
  await travelTo(client, (await timestamp(client)) + PHASE + 1n);
  for (const job of jobs) {
    const { leader, price } = await requestOf(stage, job);
    const winner = stage.cast.provers.find((prover) => prover.address === leader)?.name ?? "nobody";
    const bids = job.bids.map(([name, fee]) => `${name} ${fee}`).join(", ");
    good(`${job.title.padEnd(28)} bids: ${bids.padEnd(27)} ${winner} wins, to be paid ${tokens(price)}`);
  }
  return jobs;
}

function tampered(zkProof: `0x${string}`): `0x${string}` {
  const bytes = hexToBytes(zkProof);
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  return bytesToHex(bytes);
}

/** Four real zk proofs and a repeated one, verified on chain; a tampered one refused; one miss. */
export async function deliver(stage: Stage, jobs: readonly OpenJob[]): Promise<void> {
  const { client } = stage.chain;
  chapter("Zero-knowledge proofs, verified on chain");
  say("These are real proofs made by Pico and SP1 for other networks; the contract checks each one");
  say("with the pairing precompiles before anybody is paid. 10 % of every fee goes to the protocol.");
  const missed = jobs[jobs.length - 1];
  if (missed === undefined) throw new Error("no job");
  for (const job of jobs) {
    if (job === missed) continue;
    const { leader } = await requestOf(stage, job);
    const fulfil = (zkProof: `0x${string}`): Call => ({
      address: stage.market,
      abi,
      functionName: "fulfil",
      args: [job.id, zkProof],
    });
    if (job === jobs[0]) {
      refused(
        "one bit of the proof changed",
        await refusal(client, leader, fulfil(tampered(job.proof.zkProof))),
      );
    }
    const hash = await client.writeContract({
      account: leader,
      address: stage.market,
      abi: proofMarketAbi,
      functionName: "fulfil",
      args: [job.id, job.proof.zkProof],
    });
    const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
    const [event] = parseEventLogs({ abi: proofMarketAbi, eventName: "Fulfilled", logs: receipt.logs });
    if (event === undefined) throw new Error(`${job.title} was not fulfilled`);
    const { fee, weight, countedWeight } = event.args;
    const winner = stage.cast.provers.find((prover) => prover.address === leader)?.name;
    const times = weight / fee / 10_000n;
    const counts = `${tokens(countedWeight / 10_000n)} of work`;
    good(
      `${job.title.padEnd(28)} ${winner} is paid ${tokens(fee)}, counts as ${counts}` +
        `${times > 1n ? ` (this program counts ${times}-fold)` : ""}` +
        `${countedWeight < weight ? `: only what exceeds the ${tokens((weight - countedWeight) / 10_000n)} counted before` : ""}`,
    );
  }
  note("The same statement proven again is paid by its requester, but earns rewards only for the excess:");
  note("otherwise one proof could be sold to oneself over and over.");

  chapter("A missed deadline");
  const { deadline, lockAmount } = await requestOf(stage, missed);
  await travelTo(client, deadline + 1n);
  await send(client, stage.cast.requester, {
    address: stage.market,
    abi,
    functionName: "expire",
    args: [missed.id],
  });
  good(
    `Dan delivered nothing by the deadline: the requester is refunded ${tokens(MAX_FEE)}, ${tokens(lockAmount)} of Dan's vault are slashed`,
  );
}
