// SPDX-License-Identifier: AGPL-3.0-only
import { http, type RpcLog } from "viem";
import type { Call } from "./call.ts";
import { EndpointError, type Fault, type FaultKind, judge } from "./fault.ts";
import { learnedSpan } from "./span.ts";

export interface EndpointOptions {
  /** Called once for every HTTP request; many calls travel in one. */
  readonly onRequest?: (() => void) | undefined;
  /** Called once for every call that is sent, each time that it is. */
  readonly onCall?: (() => void) | undefined;
  readonly onFault?: ((fault: Fault) => void) | undefined;
}

/** One provider's URL, with what has been learnt about it: how much it may be asked at once, and how often. */
export interface Endpoint {
  /** Without path and query: providers put keys there. */
  readonly host: string;
  /** Answers one call, or throws an EndpointError. Logs are asked for in ranges that it accepts. */
  readonly ask: (call: Call) => Promise<unknown>;
  /** Milliseconds until it is worth asking again. */
  readonly restFor: () => number;
  /** Notes that it contradicted the others: it is asked last from now on. */
  readonly distrust: (reason: string) => void;
  /** Ascending: the endpoint to ask first has the least. */
  readonly rank: () => number;
}

const BATCH = { batchSize: 100, wait: 0 };
const TIMEOUT = 20_000;
/** Two full pages of logs, in bytes. */
const LARGEST_ANSWER = 64 * 2 ** 20;
/** Rests double from the first to the longest, in milliseconds. */
export const FIRST_REST = 200;
const LONGEST_REST = 30_000;
/** How many calls a provider is sent at a time before it was ever refused one. */
const MOST_AT_ONCE = 1_000;

export function endpointAt(url: string, { onRequest, onCall, onFault }: EndpointOptions = {}): Endpoint {
  const host = hostOf(url);
  const transport = http(url, {
    batch: BATCH,
    timeout: TIMEOUT,
    retryCount: 0,
    maxResponseBodySize: LARGEST_ANSWER,
    onFetchRequest: () => {
      // What it returned would be taken for another request to send.
      onRequest?.();
    },
  })({});
  const span = learnedSpan();
  const gate = learnedGate();
  let failures = 0;
  let restUntil = 0;
  let contradictions = 0;

  const report = (kind: FaultKind, message: string) => onFault?.({ host, kind, message });

  async function once(call: Call): Promise<unknown> {
    await gate.enter();
    onCall?.();
    try {
      const result = await transport.request(call as Parameters<typeof transport.request>[0]);
      failures = 0;
      gate.served();
      return result;
    } catch (error) {
      const { kind, message, retryAfter } = judge(error, call);
      if (kind === "limited" || kind === "unreachable") {
        if (kind === "limited") gate.refused();
        // Many calls that fail together are one failure.
        if (restUntil <= Date.now()) failures++;
        const rest = retryAfter ?? FIRST_REST * 2 ** (failures - 1);
        restUntil = Math.max(restUntil, Date.now() + Math.min(rest, LONGEST_REST));
        report(kind, message);
      }
      throw new EndpointError(kind, error as Error);
    } finally {
      gate.leave();
    }
  }

  return {
    host,
    ask: (call) =>
      call.method === "eth_getLogs" ? span.read(call, (part) => once(part) as Promise<RpcLog[]>) : once(call),
    restFor: () => Math.max(0, restUntil - Date.now()),
    distrust(reason) {
      contradictions++;
      report("contradicted", reason);
    },
    rank: () => contradictions * 1_000_000 + failures,
  };
}

/** Lets through only so many calls at a time: half as many after a refusal, one more after as many served. */
function learnedGate() {
  let width = MOST_AT_ONCE;
  let inside = 0;
  let served = 0;
  const waiting: (() => void)[] = [];
  const admit = () => {
    while (inside < width) {
      const next = waiting.shift();
      if (next === undefined) return;
      inside++;
      next();
    }
  };
  return {
    enter: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve);
        admit();
      }),
    leave() {
      inside--;
      admit();
    },
    served() {
      served++;
      if (served < width) return;
      served = 0;
      width = Math.min(width + 1, MOST_AT_ONCE);
    },
    refused() {
      served = 0;
      width = Math.max(1, Math.floor(Math.min(width, inside) / 2));
    },
  };
}

/** Providers put keys in paths and queries: neither is ever shown. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "given";
}
