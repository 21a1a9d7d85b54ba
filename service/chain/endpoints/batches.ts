// SPDX-License-Identifier: AGPL-3.0-only
import type { Call } from "./call.ts";
import { classify, type Judgement } from "./classify.ts";
import { bodyOf, type Reply } from "./post.ts";

/** What an endpoint was seen to take in one request. */
export interface Learned {
  calls: number;
  bytes: number;
}

export type Send = (calls: readonly Call[]) => Promise<Reply[]>;

const MOST_CALLS = 100;
/** Providers and their proxies bound bodies from about a megabyte on. */
const MOST_BYTES = 1_000_000;
/** A limit that the endpoint did not name is tried again after so many requests. */
const FORGET_AFTER = 50;

interface Waiting {
  readonly call: Call;
  readonly bytes: number;
  readonly settle: (reply: Reply) => void;
}

/**
 * Calls that are made together travel together, in as few requests as the endpoint takes: a batch or a body that it
 * refuses is halved, down to one call, which is sent as an object and not as a list; what was learnt is kept.
 */
export function learnedBatches(send: Send) {
  const learned: Learned = { calls: MOST_CALLS, bytes: MOST_BYTES };
  let queue: Waiting[] = [];
  let unsure = 0;

  function ask(call: Call): Promise<Reply> {
    return new Promise((settle) => {
      if (queue.length === 0) setTimeout(flush, 0);
      queue.push({ call, bytes: bodyOf([call]).length, settle });
    });
  }

  function flush(): void {
    const all = queue;
    queue = [];
    for (let group: Waiting[] = []; all.length > 0 || group.length > 0; group = []) {
      let bytes = 0;
      while (all.length > 0 && group.length < learned.calls) {
        bytes += (all[0] as Waiting).bytes;
        if (group.length > 0 && bytes > learned.bytes) break;
        group.push(all.shift() as Waiting);
      }
      void deliver(group);
    }
  }

  async function deliver(group: readonly Waiting[]): Promise<void> {
    if (group.length === 0) return;
    const replies = await send(group.map(({ call }) => call));
    const outcomes = group.map((waiting, i) => outcomeOf(waiting, replies[i] as Reply, group.length));
    const tooMuch = outcomes.filter(({ refused }) => refused?.kind === "too-much" && refused.of !== "range");
    const [example] = tooMuch;
    if (example !== undefined) {
      // Some nodes answer as much of a batch as they like, and refuse the rest.
      for (const { waiting, reply } of outcomes.filter((one) => !tooMuch.includes(one)))
        waiting.settle(reply);
      learn(group, example.refused?.of === "body", namedIn(example.reply, group.length));
      again(tooMuch.map(({ waiting }) => waiting));
    } else if (group.length > 1 && outcomes.every(({ refused }) => refused?.mayBeTooMuch)) {
      await probe(outcomes as [Outcome, ...Outcome[]]);
    } else {
      if (unsure > 0 && --unsure === 0) learned.calls = MOST_CALLS;
      for (const { waiting, reply } of outcomes) waiting.settle(reply);
    }
  }

  /** A whole batch was refused, not in words that we know: if one call alone is answered, it was the batch. */
  async function probe([first, ...rest]: readonly [Outcome, ...Outcome[]]): Promise<void> {
    const [reply] = (await send([first.waiting.call])) as [Reply];
    first.waiting.settle(reply);
    const { refused } = outcomeOf(first.waiting, reply, 1);
    if (refused?.mayBeTooMuch) {
      for (const { waiting, reply } of rest) waiting.settle(reply);
      return;
    }
    const group = rest.map(({ waiting }) => waiting);
    learn([first.waiting, ...group], false, undefined);
    unsure = FORGET_AFTER;
    again(group);
  }

  function learn(group: readonly Waiting[], isBody: boolean, named: number | undefined): void {
    const half = Math.floor(group.length / 2);
    if (isBody) {
      const bytes = group.reduce((sum, waiting) => sum + waiting.bytes, 0);
      learned.bytes = Math.min(learned.bytes, Math.max(1, Math.floor(bytes / 2)));
    } else learned.calls = Math.max(1, Math.min(learned.calls, named ?? half));
  }

  function again(group: readonly Waiting[]): void {
    queue.push(...group);
    flush();
  }

  return { ask, learned };
}

interface Outcome {
  readonly waiting: Waiting;
  readonly reply: Reply;
  /** Undefined if it was answered, or refused for what no smaller batch changes. */
  readonly refused: Judgement | undefined;
}

function outcomeOf(waiting: Waiting, reply: Reply, calls: number): Outcome {
  if ("result" in reply) return { waiting, reply, refused: undefined };
  const { refusal } = reply;
  const judgement = classify(refusal, waiting.call);
  // Whoever is not there takes no smaller batch either.
  const isGone = refusal.status === undefined && !refusal.dropped;
  const mayBe = judgement.mayBeTooMuch && judgement.of !== "range" && !isGone;
  const isWhole = judgement.kind === "too-much" && calls === 1;
  return { waiting, reply, refused: mayBe && !isWhole ? judgement : undefined };
}

/** How many calls the refusal says that a batch may hold. */
function namedIn(reply: Reply, refused: number): number | undefined {
  const words = "refusal" in reply ? reply.refusal.words : "";
  const numbers = (words.match(/\d+/g) ?? []).map(Number).filter((n) => n >= 1 && n < refused);
  return numbers.length > 0 ? Math.max(...numbers) : undefined;
}
