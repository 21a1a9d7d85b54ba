// SPDX-License-Identifier: AGPL-3.0-only
import { BaseError, HttpRequestError, ResponseBodyTooLargeError, RpcRequestError, TimeoutError } from "viem";
import type { Call } from "./call.ts";

/**
 * answered: an error that is an answer, such as a revert. too-much: a range of logs that the endpoint won't give at
 * once. limited: asked too often. behind: it has not seen the block yet. contradicted: others agree on another answer.
 */
export type FaultKind = "answered" | "too-much" | "limited" | "unreachable" | "behind" | "contradicted";

export interface Fault {
  readonly host: string;
  readonly kind: FaultKind;
  readonly message: string;
}

/** How one endpoint failed one call; the cause is what it said. */
export class EndpointError extends Error {
  override readonly name = "EndpointError";
  readonly kind: FaultKind;

  constructor(kind: FaultKind, cause: Error) {
    super(cause.message, { cause });
    this.kind = kind;
  }
}

/** HTTP statuses, and the codes that providers put into JSON-RPC errors, for "too many requests". */
const LIMITED = [429, -32_007];
/** HTTP statuses of a request or an answer that is too large, or takes too long. */
const TOO_MUCH = [400, 413, 504];
const TOO_OFTEN = /rate|per second|too many requests|compute units|throughput/i;

export interface Judgement {
  readonly kind: FaultKind;
  readonly message: string;
  /** Milliseconds that the endpoint asked for. */
  readonly retryAfter?: number | undefined;
}

/** What an endpoint's refusal of one call means. */
export function judge(error: unknown, call: Call): Judgement {
  const message = error instanceof BaseError ? error.details || error.shortMessage : String(error);
  const ranged = spansBlocks(call);
  const http = find(error, HttpRequestError);
  if (http !== undefined) {
    const status = http.status ?? 0;
    if (LIMITED.includes(status)) return { kind: "limited", message, retryAfter: retryAfterOf(http) };
    return { kind: ranged && TOO_MUCH.includes(status) ? "too-much" : "unreachable", message };
  }
  if (find(error, TimeoutError) !== undefined || find(error, ResponseBodyTooLargeError) !== undefined) {
    return { kind: ranged ? "too-much" : "unreachable", message };
  }
  const rpc = find(error, RpcRequestError);
  if (rpc === undefined) return { kind: "unreachable", message };
  if (LIMITED.includes(rpc.code) || TOO_OFTEN.test(message)) return { kind: "limited", message };
  // In as many words as there are providers: what a range of blocks is refused for, fewer blocks may not be.
  return { kind: ranged ? "too-much" : "answered", message };
}

function spansBlocks({ method, params }: Call): boolean {
  if (method !== "eth_getLogs") return false;
  const [filter] = params as [{ fromBlock?: string; toBlock?: string }];
  return filter.fromBlock !== filter.toBlock;
}

function find<E extends Error>(error: unknown, type: abstract new (...args: never[]) => E): E | undefined {
  if (!(error instanceof BaseError)) return undefined;
  const found = error.walk((cause) => cause instanceof type);
  return found instanceof type ? found : undefined;
}

function retryAfterOf({ headers }: HttpRequestError): number | undefined {
  const seconds = Number(headers?.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
