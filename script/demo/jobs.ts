// SPDX-License-Identifier: AGPL-3.0-only
import { parseEther, parseEventLogs } from "viem";
import { proofMarketAbi } from "../../test/abi.ts";
import { statementOf } from "../devzk/machine.ts";
import { runUri } from "../devzk/run.ts";
import { timestamp } from "./local-chain.ts";
import type { Program, Programs, RecordedProgram } from "./programs.ts";
import type { Stage } from "./setup.ts";

type Hex = `0x${string}`;

interface Job {
  readonly title: string;
  readonly program: Program;
  readonly publicValuesDigest: Hex;
  readonly inputUri: string;
  readonly maxFee: bigint;
  /** Which of the two requesters asks. */
  readonly requester: 0 | 1;
}

/** A job that is asked for, under the request's id. */
export interface OpenJob extends Job {
  readonly id: Hex;
}

export interface OpenJobs {
  /** Proven by the zk proofs of Pico and SP1, in the order in which they are asked for. */
  readonly large: readonly OpenJob[];
  /** The one of these that its winner never delivers, with the zk proof that would have been right. */
  readonly missed: OpenJob & { readonly program: RecordedProgram };
  /** Proven on the spot, by program. */
  readonly small: readonly (readonly OpenJob[])[];
}

export const LARGE_FEE = parseEther("600");
export const SMALL_FEE = parseEther("6");
/** For sealed bids, and as long again to open them. */
export const PHASE = 600n;
const DEADLINE = 7_200n;
/** Runs of each program of the development zkVM. */
const RUNS = 4;

export async function openJobs(stage: Stage): Promise<OpenJobs> {
  const { fibonacci, attestation, network, application } = named(stage.programs);
  const large = [];
  for (const [title, program, requester] of [
    ["fibonacci", fibonacci, 0],
    ["attestation", attestation, 0],
    ["network", network, 0],
    ["network, for another", network, 1],
    ["application", application, 1],
    ["fibonacci again", fibonacci, 0],
  ] as const) {
    const { publicValuesDigest } = program;
    // Whoever hands in a zk proof that is ready needs no input.
    const inputUri = `https://example.org/inputs/${program.verifier}`;
    large.push(
      await open(stage, { title, program, publicValuesDigest, inputUri, maxFee: LARGE_FEE, requester }),
    );
  }
  const small = [];
  for (const program of stage.programs.development) {
    const runs = [];
    for (let input = 1n; input <= RUNS; input++) {
      const { publicValuesDigest } = statementOf(program.code, input);
      const inputUri = runUri({ program: program.code, input });
      const job = { title: program.name, program, publicValuesDigest, inputUri, maxFee: SMALL_FEE };
      runs.push(await open(stage, { ...job, requester: 1 }));
    }
    small.push(runs);
  }
  const missed = large[2];
  if (missed === undefined) throw new Error("no job is there to be missed");
  return { large, missed: { ...missed, program: network }, small };
}

function named({ recorded }: Programs) {
  const of = (name: string) => {
    const program = recorded.find((candidate) => candidate.name === name);
    if (program === undefined) throw new Error(`no program is called ${name}`);
    return program;
  };
  return {
    fibonacci: of("fibonacci"),
    attestation: of("attestation"),
    network: of("network"),
    application: of("application"),
  };
}

async function open({ chain: { client }, cast, market }: Stage, job: Job): Promise<OpenJob> {
  const { program, publicValuesDigest, maxFee, inputUri } = job;
  const hash = await client.writeContract({
    account: cast.requesters[job.requester],
    address: market,
    abi: proofMarketAbi,
    functionName: "request",
    args: [
      {
        ...{ programKey: program.programKey, publicValuesDigest, verifierVersion: program.version },
        ...{ maxFee, minStake: 0n, commitDuration: PHASE, revealDuration: PHASE, inputUri },
        deadline: (await timestamp(client)) + DEADLINE,
      },
    ],
  });
  const { logs } = await client.waitForTransactionReceipt({ hash, pollingInterval: 20 });
  const [requested] = parseEventLogs({ abi: proofMarketAbi, eventName: "Requested", logs });
  if (requested === undefined) throw new Error(`the request for ${job.title} left no event`);
  return { ...job, id: requested.args.id };
}

export function requestOf({ chain: { client }, market }: Stage, { id }: OpenJob) {
  return client.readContract({ address: market, abi: proofMarketAbi, functionName: "requestOf", args: [id] });
}
