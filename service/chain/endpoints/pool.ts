// SPDX-License-Identifier: AGPL-3.0-only
import { HttpRequestError, numberToHex } from "viem";
import { ChainError } from "../errors.ts";
import { blockTag, type Call, callText, pinnedBlock, pinnedHash, pinnedTo } from "./call.ts";
import { rested } from "./delay.ts";
import type { Endpoint } from "./endpoint.ts";
import { EndpointError } from "./fault.ts";
import {
  anyOf,
  closeOnes,
  disagreementText,
  lowerMedian,
  numberOf,
  type Outcome,
  reachedBy,
  receiptOf,
  sameOf,
  type Tally,
} from "./tally.ts";

export interface Pool {
  readonly request: (call: Call) => Promise<unknown>;
}

export interface PoolOptions {
  /** How many endpoints must give the same answer. */
  readonly agreement: number;
  /** How often a call goes round the endpoints that failed it, each time after a rest, before it is given up. */
  readonly rounds?: number | undefined;
  /** Nothing is asked of an endpoint that serves another chain. */
  readonly chainId?: bigint | undefined;
  /** Ends all that is asked: what it was aborted with is thrown. */
  readonly signal?: AbortSignal | undefined;
}

const ROUNDS = 5;
/** How long those that might still accept a transaction are waited for when another has refused it, in milliseconds. */
const BROADCAST_PATIENCE = 5_000;
/** Whoever has not answered by then is not waited for even where the others differ, in milliseconds. */
const VERY_LATE = 2_000;
/** Heads of honest endpoints are no further apart than this, in blocks. */
const NEAR = 8n;
/** How often a call is pinned to a newer head because endpoints disagree at the one before. */
const HEADS = 3;
/** Which blocks an endpoint was seen to have: the last so many are remembered. */
const KNOWN_BLOCKS = 5_000;

/**
 * Several endpoints as one, such that fewer than half of them cannot change what comes out, nor hold it up. What is
 * pinned to a block counts once `agreement` endpoints gave the same answer, and so do reads of the latest state, which
 * are pinned to the head first; the head is the highest block that `agreement` of them have reached; prices are the
 * middle one. Whoever is slower than usual is overtaken by another; whoever fails rests, longer each time; whoever
 * contradicts the agreed answer is reported, and asked last for a while.
 */
export function poolOf(endpoints: readonly Endpoint[], options: PoolOptions): Pool {
  const { agreement, rounds = ROUNDS, chainId, signal } = options;
  const alone = endpoints.length === 1;
  const heads = new Map<Endpoint, bigint>();
  const known = new Map<Endpoint, Set<string>>(endpoints.map((endpoint) => [endpoint, new Set<string>()]));
  const admitted = new Set<Endpoint>();
  let head: Promise<bigint> | undefined;

  async function request(call: Call): Promise<unknown> {
    // Whoever serves another one is asked for nothing, so that nobody's word for it is needed.
    if (call.method === "eth_chainId" && chainId !== undefined) return numberToHex(chainId);
    try {
      return await (alone ? poll(call, sameOf(call, 1, true)) : route(call));
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof EndpointError)) throw error;
      // What the chain itself says is for whoever asked to understand.
      if (error.kind === "answered" || error.kind === "refused") throw error.cause;
      const cause = error.asChainError(endpoints.length);
      throw cause.code === "unreachable"
        ? new HttpRequestError({ url: error.host, details: cause.message, cause })
        : cause;
    }
  }

  async function route(call: Call): Promise<unknown> {
    const { method } = call;
    if (method === "eth_sendRawTransaction") return broadcast(call);
    if (method === "eth_getTransactionReceipt") return poll(call, receiptOf(call, agreement));
    if (method === "eth_getTransactionByHash") return poll(call, anyOf(agreement));
    if (method === "eth_blockNumber") return numberToHex(await headNumber(call));
    if (/^eth_(gasPrice|maxPriorityFeePerGas|blobBaseFee)$/.test(method)) {
      return poll(call, numberOf(agreement, lowerMedian));
    }
    const tag = blockTag(call);
    if (tag === "pending" && method === "eth_getTransactionCount") {
      return poll(call, numberOf(agreement, reachedBy(agreement)));
    }
    if (tag === "pending" && method === "eth_estimateGas") {
      return poll(call, numberOf(agreement, closeOnes(agreement)));
    }
    if (tag !== undefined && tag !== "pending") return atHead(call, tag);
    return poll(call, sameOf(call, isPinned(call) ? agreement : 1));
  }

  /** Of the head, as all of them know it. Where they do not know it alike, it is about to be replaced. */
  async function atHead(call: Call, tag: string): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      const block = tag === "latest" ? await sharedHead() : await headNumber(blockAt(tag));
      const pinned = pinnedTo(call, block);
      const isEstimate = call.method === "eth_estimateGas";
      try {
        return await poll(
          pinned,
          isEstimate ? numberOf(agreement, closeOnes(agreement)) : sameOf(pinned, agreement),
        );
      } catch (error) {
        if (!(error instanceof ChainError) || error.code !== "inconsistent" || tries === HEADS) throw error;
      }
    }
  }

  /** Calls that are made together are of one head. */
  function sharedHead(): Promise<bigint> {
    if (head === undefined) {
      head = headNumber({ method: "eth_blockNumber" });
      setTimeout(() => {
        head = undefined;
      }, 0);
    }
    return head;
  }

  async function headNumber(call: Call): Promise<bigint> {
    const tally = numberOf(agreement, reachedBy(agreement), NEAR);
    return BigInt((await poll(call, tally)) as string);
  }

  /** Goes round the endpoints until the tally has an outcome. */
  async function poll(call: Call, tally: Tally): Promise<unknown> {
    let failed: EndpointError | undefined;
    let left = inOrder(call);
    for (let round = 0; round < rounds && left.length > 0; round++) {
      if (round > 0 && !(await rested(left, round, signal))) break;
      const failing: Endpoint[] = [];
      const outcome = await ask(call, tally, left, (endpoint, error) => {
        if (!error.isFinal) failing.push(endpoint);
        failed = error;
      });
      if (outcome !== undefined) {
        if ("reason" in outcome) throw outcome.reason;
        return outcome.result;
      }
      left = failing;
    }
    const split = tally.split();
    if (split !== undefined) throw disagreement(call, split);
    throw failed ?? tooFew(call);
  }

  /**
   * Asks as many at a time as the tally needs. Another one is asked as soon as one fails, and when those that were asked
   * take longer than they usually do. Undefined if all were asked, and the tally has no outcome.
   */
  function ask(
    call: Call,
    tally: Tally,
    order: readonly Endpoint[],
    onFailure: (endpoint: Endpoint, error: EndpointError) => void,
  ): Promise<Outcome | undefined> {
    const waiting = [...order];
    const open = new Map<Endpoint, number>();
    return new Promise((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const start = performance.now();
      let late = false;
      let ended = false;

      const end = (outcome: Outcome | undefined) => {
        ended = true;
        clearTimeout(timer);
        const now = performance.now();
        for (const [endpoint, since] of open) {
          const taken = now - since;
          if (taken > endpoint.usually(call)) endpoint.overtaken(call, taken);
        }
        resolve(outcome);
      };

      const launch = (endpoint: Endpoint) => {
        open.set(endpoint, performance.now());
        askOne(endpoint, call)
          .then(
            (result) => {
              if (!ended) tally.add(endpoint, result);
            },
            (error) => {
              if (ended) return;
              if (!(error instanceof EndpointError)) throw error;
              if (error.kind === "answered") tally.refuse(endpoint, error);
              else onFailure(endpoint, error);
            },
          )
          .then(() => {
            open.delete(endpoint);
            if (!ended) step();
          })
          .catch((error) => {
            ended = true;
            clearTimeout(timer);
            reject(error);
          });
      };

      const step = () => {
        const veryLate = late && performance.now() - start > VERY_LATE;
        const last = open.size === 0 && waiting.length === 0;
        // Whoever failed and has not served since is not waited for where the others are enough.
        const onlyAiling = [...open.keys(), ...waiting].every((endpoint) => endpoint.isAiling());
        const outcome = tally.outcome({ late, veryLate, onlyAiling, last });
        if (outcome !== undefined) {
          end(outcome);
          return;
        }
        for (const endpoint of waiting.splice(0, Math.max(0, tally.needs() - open.size))) launch(endpoint);
        if (open.size === 0) end(undefined);
        else if (timer === undefined && endpoints.length > 1) hurry();
      };

      const hurry = () => {
        const usual = Math.max(...[...open.keys()].map((endpoint) => endpoint.usually(call)));
        timer = setTimeout(() => {
          timer = undefined;
          late = true;
          const next = waiting.shift();
          if (next !== undefined) launch(next);
          step();
        }, usual);
      };

      step();
    });
  }

  async function askOne(endpoint: Endpoint, call: Call): Promise<unknown> {
    if (alone) return endpoint.ask(call);
    await admit(endpoint);
    await requireBlock(endpoint, call);
    const result = await endpoint.ask(call);
    const isBlock = call.method === "eth_getBlockByNumber" || call.method === "eth_getBlockByHash";
    if (isBlock && result === null) throw behind(endpoint, call);
    if (isBlock) remember(endpoint, (result as { hash?: string }).hash);
    return result;
  }

  /** An endpoint that serves another chain is asked for nothing else, until it is asked again which one it serves. */
  async function admit(endpoint: Endpoint): Promise<void> {
    if (chainId === undefined || admitted.has(endpoint)) return;
    const served = BigInt((await endpoint.ask({ method: "eth_chainId" })) as string);
    if (served !== chainId) throw endpoint.exclude(`serves chain ${served}, not ${chainId}`);
    admitted.add(endpoint);
  }

  /** An endpoint that has not seen a block yet says that there are no logs in it. */
  async function requireBlock(endpoint: Endpoint, call: Call): Promise<void> {
    const block = pinnedBlock(call);
    if (block !== undefined && (heads.get(endpoint) ?? -1n) < block) {
      const reached = BigInt((await endpoint.ask({ method: "eth_blockNumber" })) as string);
      heads.set(endpoint, reached);
      if (reached < block) throw behind(endpoint, call);
    }
    const hash = call.method === "eth_getBlockByHash" ? undefined : pinnedHash(call)?.toLowerCase();
    if (hash === undefined || known.get(endpoint)?.has(hash)) return;
    const found = await endpoint.ask({ method: "eth_getBlockByHash", params: [hash, false] });
    if (found === null) throw behind(endpoint, call);
    remember(endpoint, hash);
  }

  function remember(endpoint: Endpoint, hash: string | undefined): void {
    const blocks = known.get(endpoint) as Set<string>;
    if (hash === undefined) return;
    if (blocks.size >= KNOWN_BLOCKS) blocks.clear();
    blocks.add(hash.toLowerCase());
  }

  /** To all: whoever accepts it first has it, and the others get it all the same. */
  function broadcast(call: Call): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const reasons: EndpointError[] = [];
      let timer: ReturnType<typeof setTimeout> | undefined;
      // A refusal says more than a silence.
      const refuse = () => reject(reasons.find(({ kind }) => kind === "answered") ?? reasons[0]);
      const asked = inOrder(call);
      for (const endpoint of asked) {
        admit(endpoint)
          .then(() => endpoint.ask(call))
          .then(resolve, (error) => {
            reasons.push(error);
            if (reasons.length === asked.length) refuse();
            else timer ??= setTimeout(refuse, BROADCAST_PATIENCE);
          })
          .finally(() => {
            if (reasons.length === asked.length) clearTimeout(timer);
          });
      }
    });
  }

  function inOrder(call: Call): Endpoint[] {
    const resting = (endpoint: Endpoint) => (endpoint.restFor() > 0 ? 1 : 0);
    return [...endpoints].sort((a, b) => resting(a) - resting(b) || a.rank(call) - b.rank(call));
  }

  function tooFew(call: Call): ChainError {
    return new ChainError(
      "unreachable",
      `fewer than ${agreement} RPC endpoints answered ${callText(call)}`,
      "check the endpoints, or name one more",
    );
  }

  return { request };
}

function blockAt(tag: string): Call {
  return { method: "eth_getBlockByNumber", params: [tag, false] };
}

function behind(endpoint: Endpoint, call: Call): EndpointError {
  return new EndpointError("behind", endpoint.host, `has not seen the block of ${callText(call)} yet`);
}

function disagreement(call: Call, split: string): ChainError {
  return new ChainError(
    "inconsistent",
    disagreementText(call, split),
    "find out which of them serves another chain or leaves something out, or name one more endpoint",
  );
}

function isPinned(call: Call): boolean {
  return pinnedBlock(call) !== undefined || pinnedHash(call) !== undefined;
}
