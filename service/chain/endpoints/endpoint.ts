// SPDX-License-Identifier: AGPL-3.0-only
import { type RpcLog, RpcRequestError } from "viem";
import { type Learned, learnedBatches } from "./batches.ts";
import { type Call, callText } from "./call.ts";
import { classify, type Judgement, type Refusal } from "./classify.ts";
import { EndpointError, type Fault, type FaultKind } from "./fault.ts";
import { learnedGate } from "./gate.ts";
import { learnedPatience } from "./patience.ts";
import { NO_CONNECTION, post } from "./post.ts";
import { flawIn } from "./shape.ts";
import { learnedSpan } from "./span.ts";

export interface EndpointOptions {
  /** Called once for every HTTP request; many calls travel in one. */
  readonly onRequest?: (() => void) | undefined;
  /** Called once for every call that is sent, each time that it is. */
  readonly onCall?: (() => void) | undefined;
  readonly onFault?: ((fault: Fault) => void) | undefined;
  /** Ends all that is asked: what it was aborted with is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** One provider's URL, with what has been learnt about it: how much it may be asked at once, and how often. */
export interface Endpoint {
  /** Without path and query: providers put keys there. */
  readonly host: string;
  /** Answers one call, or throws an EndpointError. Logs are asked for in ranges that it accepts. */
  readonly ask: (call: Call) => Promise<unknown>;
  /** Milliseconds in which it usually answers such a call. */
  readonly usually: (call: Call) => number;
  /** Notes that another was asked because it took so many milliseconds: it rests. */
  readonly overtaken: (call: Call, taken: number) => void;
  /** Milliseconds until it is worth asking again. */
  readonly restFor: () => number;
  /** Notes that it contradicted the others: it is asked last for a minute for each time that it did, an hour at most. */
  readonly distrust: (reason: string) => void;
  /** Whether it has failed or been overtaken, and not served in time since. */
  readonly isAiling: () => boolean;
  /** Notes that it is not to be asked for a minute, and gives the error that says so. */
  readonly exclude: (reason: string) => EndpointError;
  /** Ascending: the endpoint to ask such a call first has the least. */
  readonly rank: (call: Call) => number;
  /** How much it takes at once, as far as it is known. */
  readonly learned: () => Learned & { readonly blocks: bigint | undefined };
}

/** Rests double from the first to the longest, in milliseconds. */
export const FIRST_REST = 200;
const LONGEST_REST = 30_000;
const HOUR = 3_600_000;
/** One that was slow once may be so again: it is left alone for longer than one that failed at once. */
const SLOW_REST = 1_000;
/** Whoever contradicted the others is asked last for so long for each time that it did, and for an hour at most. */
const DISTRUST = 60_000;
/** Whoever serves another chain may be set right: it is asked again which one it serves after so long. */
const EXCLUDED_FOR = 60_000;

/**
 * One URL, with what is learnt about it: how much it takes at once, and how long it is left alone after a fault.
 * Nothing is asked yet.
 */
export function endpointAt(
  url: string,
  { onRequest, onCall, onFault, signal }: EndpointOptions = {},
): Endpoint {
  const host = hostOf(url);
  const batches = learnedBatches((calls) => {
    onRequest?.();
    return post(url, calls, signal);
  });
  const span = learnedSpan(() =>
    once({ method: "eth_blockNumber" }).then(
      () => true,
      () => false,
    ),
  );
  const gate = learnedGate();
  const patience = learnedPatience();
  /** Methods that it would not serve when it was asked last. */
  const lacking = new Set<string>();
  let failures = 0;
  let restUntil = 0;
  let contradictions = 0;
  let distrustedUntil = 0;
  let excluded: EndpointError | undefined;
  let excludedUntil = 0;

  const exclusion = () => (Date.now() < excludedUntil ? excluded : undefined);
  const report = (kind: FaultKind, message: string) => onFault?.({ host, kind, message });

  async function once(call: Call): Promise<unknown> {
    const elsewhere = exclusion();
    if (elsewhere !== undefined) throw elsewhere;
    await gate.enter();
    // Whoever waited may not be wanted any more.
    if (signal?.aborted) {
      gate.leave();
      throw signal.reason;
    }
    onCall?.();
    const since = performance.now();
    try {
      const reply = await batches.ask(call);
      signal?.throwIfAborted();
      if ("refusal" in reply) throw refused(call, reply.refusal);
      const flaw = flawIn(call, reply.result);
      if (flaw !== undefined) throw flawed(call, flaw);
      const taken = performance.now() - since;
      if (!patience.served(call, taken)) failures = 0;
      lacking.delete(call.method);
      gate.served();
      return reply.result;
    } finally {
      gate.leave();
    }
  }

  function refused(call: Call, refusal: Refusal): EndpointError {
    const { code, words, data, retryAfter } = refusal;
    const judgement = classify(refusal, call);
    const { kind, mayBeTooMuch } = judgement;
    const said = saidOf(kind, call, refusal);
    if (LACKING.includes(kind)) lacking.add(call.method);
    if (kind === "answered" || kind === "refused") {
      const error = { code: code ?? 3, message: words, data };
      const cause = new RpcRequestError({ body: { method: call.method }, error, url: host });
      return new EndpointError(kind, host, said, { cause, mayBeTooMuch });
    }
    note(judgement, said, retryAfter);
    return new EndpointError(kind, host, said, { mayBeTooMuch });
  }

  /** Whoever limits, or is not there, rests. */
  function note({ kind }: Judgement, said: string, retryAfter: number | undefined): void {
    if (kind !== "limited" && kind !== "unreachable") return;
    if (kind === "limited") gate.refused();
    rest(retryAfter, FIRST_REST);
    report(kind, said);
  }

  function rest(told: number | undefined, first: number): void {
    // Many calls that fail together are one failure.
    if (restUntil <= Date.now()) failures++;
    const rest = told ?? Math.min(first * 2 ** (failures - 1), LONGEST_REST);
    restUntil = Math.max(restUntil, Date.now() + Math.min(rest, HOUR));
  }

  function suspect(): void {
    contradictions++;
    distrustedUntil = Date.now() + Math.min(DISTRUST * contradictions, HOUR);
  }

  function flawed(call: Call, flaw: string): EndpointError {
    const said = `answers ${callText(call)} with ${flaw}`;
    report("malformed", said);
    suspect();
    return new EndpointError("malformed", host, said);
  }

  return {
    host,
    ask: (call) =>
      call.method === "eth_getLogs" ? span.read(call, (part) => once(part) as Promise<RpcLog[]>) : once(call),
    usually: patience.usually,
    overtaken(call, taken) {
      patience.overtaken(call, taken);
      rest(undefined, SLOW_REST);
      report("slow", `took more than ${Math.round(taken)} ms for ${call.method}: another was asked`);
    },
    restFor: () => Math.max(0, restUntil - Date.now()),
    distrust(reason) {
      suspect();
      report("contradicted", reason);
    },
    isAiling: () => failures > 0,
    exclude(reason) {
      if (exclusion() === undefined) report("wrong-chain", reason);
      excluded = new EndpointError("wrong-chain", host, reason);
      excludedUntil = Date.now() + EXCLUDED_FOR;
      return excluded;
    },
    rank({ method }) {
      if (exclusion() !== undefined) return Number.POSITIVE_INFINITY;
      const lacks = lacking.has(method) ? 100 : 0;
      const distrust = Date.now() < distrustedUntil ? contradictions : 0;
      return distrust * 1_000_000 + failures * 1_000 + lacks + patience.slowness();
    },
    learned: () => ({ ...batches.learned, blocks: span.learned() }),
  };
}

/** What the same endpoint would say of the next such call, though it is in service. */
const LACKING: readonly FaultKind[] = ["refused", "unsupported", "pruned"];

const KINDS: Partial<Record<FaultKind, string>> = {
  answered: "refuses",
  refused: "refuses",
  "too-much": "gives less at once than",
  limited: "limits how often it is asked, and does not answer",
  unsupported: "does not serve",
  pruned: "no longer has the state for",
  behind: "has not seen the block of",
};

/** Follows the endpoint's name in a sentence. */
function saidOf(kind: FaultKind, call: Call, { status, code, words }: Refusal): string {
  if (status === undefined)
    return words.startsWith(NO_CONNECTION) ? "does not answer" : `does not answer: ${words}`;
  const codes = [status === 200 ? [] : `HTTP ${status}`, code ?? []].flat().join(", ");
  const reason = codes === "" ? words : `${words} (${codes})`;
  return `${KINDS[kind] ?? "does not answer"} ${callText(call)}: ${reason}`;
}

/** Providers put keys in paths and queries: neither is ever shown. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "given";
}
