// SPDX-License-Identifier: AGPL-3.0-only
import { numberToHex, type RpcBlock } from "viem";
import { ChainError } from "../errors.ts";
import { ballotOf } from "./ballot.ts";
import type { Call } from "./call.ts";
import { type Endpoint, FIRST_REST } from "./endpoint.ts";
import { EndpointError } from "./fault.ts";

export interface Pool {
  readonly request: (call: Call) => Promise<unknown>;
}

export interface PoolOptions {
  /** How many endpoints must give the same answer. */
  readonly agreement: number;
  /** How often a call goes round the endpoints that failed it, each time after a rest, before it is given up. */
  readonly rounds?: number | undefined;
}

const ROUNDS = 5;
/** No call waits longer than this for an endpoint to have rested, in milliseconds. */
const PATIENCE = 30_000;

/**
 * Several endpoints as one. What is pinned to a block (the block, its logs, state read there) counts once `agreement`
 * endpoints gave the same answer; the head is the highest block that `agreement` of them have reached; the rest comes
 * from the first that answers. An endpoint that fails rests, longer each time; one that contradicts the agreed answer
 * is reported, and asked last from then on.
 */
export function poolOf(endpoints: readonly Endpoint[], options: PoolOptions): Pool {
  const { agreement, rounds = ROUNDS } = options;
  const heads = new Map<Endpoint, bigint>();

  async function request(call: Call): Promise<unknown> {
    try {
      return await route(call);
    } catch (error) {
      throw error instanceof EndpointError ? error.cause : error;
    }
  }

  async function route(call: Call): Promise<unknown> {
    const tag = headTag(call);
    if (tag !== undefined && endpoints.length > 1) return head(call);
    if (call.method === "eth_blockNumber" && endpoints.length > 1) return numberToHex(await headNumber(call));
    if (call.method === "eth_sendRawTransaction") return broadcast(call);
    if (call.method === "eth_getTransactionCount") return highest(call);
    if (/^eth_getTransaction(Receipt|ByHash)$/.test(call.method)) return firstFound(call);
    return agreed(call, isPinned(call) ? agreement : 1);
  }

  /** The answer that `wanted` endpoints give. */
  async function agreed(call: Call, wanted: number): Promise<unknown> {
    const ballot = ballotOf(call);
    const refusals: unknown[] = [];
    let failed: unknown;
    let left = inOrder();
    for (let round = 0; round < rounds && left.length > 0; round++) {
      if (round > 0 && !(await rested(left, round))) break;
      const failing: Endpoint[] = [];
      while (left.length > 0) {
        const asked = left.splice(0, Math.max(1, wanted - ballot.most()));
        const outcomes = await Promise.allSettled(asked.map((endpoint) => askOne(endpoint, call)));
        for (const [i, endpoint] of asked.entries()) {
          const outcome = outcomes[i] as PromiseSettledResult<unknown>;
          if (outcome.status === "fulfilled") ballot.add(endpoint, outcome.value);
          else if (isAnswer(outcome.reason)) refusals.push(outcome.reason);
          else failing.push(endpoint);
          if (outcome.status === "rejected") failed = outcome.reason;
        }
        const winner = ballot.winner(wanted);
        if (winner !== undefined) return winner.result;
        // A revert is the chain's own answer.
        if (refusals.length >= wanted) throw refusals[0];
      }
      left = failing;
    }
    if (ballot.camps().length > 1) throw disagreement(call, ballot.camps());
    throw failed ?? tooFew(call, wanted);
  }

  async function askOne(endpoint: Endpoint, call: Call): Promise<unknown> {
    const block = pinnedBlock(call);
    // An endpoint that has not seen a block yet says that there are no logs in it.
    if (block !== undefined && endpoints.length > 1 && (heads.get(endpoint) ?? -1n) < block) {
      const reached = BigInt((await endpoint.ask({ method: "eth_blockNumber" })) as string);
      heads.set(endpoint, reached);
      if (reached < block) throw behind(endpoint.host, block);
    }
    const result = await endpoint.ask(call);
    if (result === null && isBlockCall(call) && endpoints.length > 1) throw behind(endpoint.host, block);
    return result;
  }

  /** Blocks by tag: of each endpoint's, the highest that enough of them have reached, as they all know it. */
  async function head(call: Call): Promise<unknown> {
    const number = await headNumber(call);
    const [, ...rest] = call.params as [string, ...unknown[]];
    return agreed({ ...call, params: [numberToHex(number), ...rest] }, agreement);
  }

  async function headNumber(call: Call): Promise<bigint> {
    const reached: bigint[] = [];
    let failed: unknown;
    for (let round = 0; round < rounds; round++) {
      const asked = inOrder().slice(0, Math.max(agreement, usable()));
      if (round > 0 && !(await rested(asked, round))) break;
      reached.length = 0;
      for (const outcome of await Promise.allSettled(asked.map((endpoint) => endpoint.ask(call)))) {
        if (outcome.status === "rejected") failed = outcome.reason;
        else if (typeof outcome.value === "string") reached.push(BigInt(outcome.value));
        else reached.push(BigInt((outcome.value as RpcBlock).number as string));
      }
      if (reached.length >= agreement) {
        return descending(reached)[agreement - 1] as bigint;
      }
    }
    throw failed;
  }

  async function broadcast(call: Call): Promise<unknown> {
    const outcomes = await Promise.allSettled(inOrder().map((endpoint) => endpoint.ask(call)));
    const accepted = outcomes.find((outcome) => outcome.status === "fulfilled");
    if (accepted !== undefined) return accepted.value;
    // A refusal says more than a silence.
    const reasons = outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason);
    throw reasons.find(isAnswer) ?? reasons[0];
  }

  /** Of all endpoints that answer: one that lags must not have a nonce used again. */
  async function highest(call: Call): Promise<unknown> {
    if (endpoints.length === 1) return agreed(call, 1);
    const outcomes = await Promise.allSettled(inOrder().map((endpoint) => endpoint.ask(call)));
    const counts = outcomes.flatMap((outcome) =>
      outcome.status === "fulfilled" ? [BigInt(outcome.value as string)] : [],
    );
    if (counts.length === 0) return agreed(call, 1);
    return numberToHex(descending(counts)[0] as bigint);
  }

  /** Asks on while the answer is "not known here". */
  async function firstFound(call: Call): Promise<unknown> {
    let failed: unknown;
    let answered = false;
    for (const endpoint of inOrder()) {
      try {
        const found = await endpoint.ask(call);
        if (found !== null) return found;
        answered = true;
      } catch (error) {
        failed = error;
      }
    }
    if (answered) return null;
    throw failed;
  }

  function inOrder(): Endpoint[] {
    const resting = (endpoint: Endpoint) => (endpoint.restFor() > 0 ? 1 : 0);
    return [...endpoints].sort((a, b) => resting(a) - resting(b) || a.rank() - b.rank());
  }

  const usable = () => endpoints.filter((endpoint) => endpoint.restFor() === 0).length;

  return { request };
}

function descending(numbers: readonly bigint[]): bigint[] {
  return [...numbers].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
}

function isAnswer(reason: unknown): boolean {
  return reason instanceof EndpointError && reason.kind === "answered";
}

function behind(host: string, block: bigint | undefined): EndpointError {
  const which = block === undefined ? "the block asked for" : `block ${block}`;
  return new EndpointError(
    "behind",
    new ChainError(
      "not-ready",
      `the RPC endpoint ${host} has not seen ${which} yet`,
      "try again later, or name another endpoint",
    ),
  );
}

function tooFew(call: Call, wanted: number): ChainError {
  return new ChainError(
    "unreachable",
    `fewer than ${wanted} RPC endpoints answered ${call.method}${blockText(call)}`,
    "check the endpoints, or name one more",
  );
}

function disagreement(call: Call, camps: readonly (readonly string[])[]): ChainError {
  const hosts = camps.map((camp) => camp.join(" and ")).join(" against ");
  return new ChainError(
    "inconsistent",
    `the RPC endpoints disagree on ${call.method}${blockText(call)}: ${hosts}`,
    "find out which of them serves another chain or leaves something out, or name one more endpoint",
  );
}

function blockText(call: Call): string {
  const block = pinnedBlock(call);
  return block === undefined ? "" : ` at block ${block}`;
}

/** Waits until one of them may be asked again; false if that takes too long. */
async function rested(endpoints: readonly Endpoint[], round: number): Promise<boolean> {
  const shortest = Math.min(...endpoints.map((endpoint) => endpoint.restFor()));
  if (shortest > PATIENCE) return false;
  await new Promise((resolve) => setTimeout(resolve, Math.max(shortest, FIRST_REST * 2 ** (round - 1))));
  return true;
}

function isBlockCall({ method }: Call): boolean {
  return method === "eth_getBlockByNumber" || method === "eth_getBlockByHash";
}

function headTag({ method, params }: Call): string | undefined {
  const [block] = (params ?? []) as unknown[];
  const isTag = typeof block === "string" && !block.startsWith("0x");
  return method === "eth_getBlockByNumber" && isTag ? block : undefined;
}

/** Where the block stands among a call's parameters. */
const BLOCK_PARAMETER: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_getBlockByNumber: 0,
  eth_getCode: 1,
  eth_getStorageAt: 2,
};

function isPinned(call: Call): boolean {
  if (call.method === "eth_getBlockByHash" || pinnedBlock(call) !== undefined) return true;
  return call.method === "eth_getLogs" && "blockHash" in ((call.params as [object])[0] ?? {});
}

/** The number of the block that a call's answer is fixed by; undefined if it may change with every block. */
function pinnedBlock({ method, params }: Call): bigint | undefined {
  const list = (params ?? []) as unknown[];
  if (method === "eth_getLogs") {
    const { toBlock } = list[0] as { toBlock?: string };
    return toBlock?.startsWith("0x") ? BigInt(toBlock) : undefined;
  }
  const position = BLOCK_PARAMETER[method];
  const block = position === undefined ? undefined : list[position];
  return typeof block === "string" && block.startsWith("0x") ? BigInt(block) : undefined;
}
