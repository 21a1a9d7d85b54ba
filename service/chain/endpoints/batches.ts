// SPDX-License-Identifier: AGPL-3.0-only
import type { Call } from "./call.ts";
import { classify, type Judgement, type Refusal } from "./classify.ts";
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
    const whole = group.length > 1 ? refusedWhole(group, replies) : undefined;
    if (whole === undefined) {
      if (group.length > 1 && unsure > 0 && --unsure === 0) Object.assign(learned, { calls: MOST_CALLS });
      for (const [i, { settle }] of group.entries()) settle(replies[i] as Reply);
      return;
    }
    const { kind, of } = whole.judgement;
    if (kind === "too-much" && of !== "range") {
      learn(group, of === "body", namedIn(whole.refusal, group.length));
      await again(group);
      return;
    }
    // Not in words that we know: if one call alone is answered, it was the batch.
    const [first, ...rest] = group as [Waiting, ...Waiting[]];
    const [reply] = (await send([first.call])) as [Reply];
    first.settle(reply);
    if ("refusal" in reply && !isAnswer(classify(reply.refusal, first.call))) {
      for (const [i, { settle }] of rest.entries()) settle(replies[i + 1] as Reply);
      return;
    }
    learn(group, false, undefined);
    unsure = FORGET_AFTER;
    await again(rest);
  }

  function learn(group: readonly Waiting[], isBody: boolean, named: number | undefined): void {
    const half = Math.floor(group.length / 2);
    if (isBody) {
      const bytes = group.reduce((sum, waiting) => sum + waiting.bytes, 0);
      learned.bytes = Math.min(learned.bytes, Math.max(1, Math.floor(bytes / 2)));
    } else learned.calls = Math.max(1, Math.min(learned.calls, named ?? half));
  }

  async function again(group: readonly Waiting[]): Promise<void> {
    queue.push(...group);
    flush();
  }

  return { ask, learned };
}

interface Whole {
  readonly judgement: Judgement;
  readonly refusal: Refusal;
}

/** Why none of a batch's calls was answered, if it may be because they came in one. */
function refusedWhole(group: readonly Waiting[], replies: readonly Reply[]): Whole | undefined {
  let whole: Whole | undefined;
  for (const [i, { call }] of group.entries()) {
    const reply = replies[i] as Reply;
    if ("result" in reply) return undefined;
    const { refusal } = reply;
    const judgement = classify(refusal, call);
    const mayBe = judgement.mayBeTooMuch && judgement.of !== "range";
    // Whoever is not there takes no smaller batch either.
    if (!mayBe || (refusal.status === undefined && !refusal.words.startsWith("the answer"))) return undefined;
    whole ??= { judgement, refusal };
  }
  return whole;
}

/** How many calls the refusal says that a batch may hold. */
function namedIn({ words }: Refusal, refused: number): number | undefined {
  const numbers = (words.match(/\d+/g) ?? []).map(Number).filter((n) => n >= 1 && n < refused);
  return numbers.length === 1 ? numbers[0] : undefined;
}

function isAnswer({ kind }: Judgement): boolean {
  return kind === "answered" || kind === "behind" || kind === "pruned" || kind === "unsupported";
}
