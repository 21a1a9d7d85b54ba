// SPDX-License-Identifier: AGPL-3.0-only
import type { Hex } from "../core/types.ts";
import { type Asked, type Backend, type Job, UnprovableError } from "./backends.ts";
import { zkProofOf } from "./proof-layouts.ts";

/** What a backend is asked to do: say whether it can prove a job, or prove it. */
type Task = "check" | "prove";

/** Sends one question, as JSON on one line, and gives the first document that `isAnswer` takes for one. */
export type Ask = (
  question: string,
  signal: AbortSignal,
  isAnswer: (document: unknown) => boolean,
) => Promise<unknown>;

const VERSION = 1;

function questionOf(task: Task, job: Job, { deadline }: Pick<Asked, "deadline">): string {
  const { chainId, id, verifierKeyHash, programKey, publicValuesDigest, inputUri } = job;
  return JSON.stringify({
    version: VERSION,
    task,
    ...{ chainId: Number(chainId), request: id, verifierKeyHash, programKey, publicValuesDigest },
    input: inputUri,
    deadline: Number(deadline),
  });
}

/** Whether a document answers a task, and is not something else that a tool prints. */
const answers = (task: Task) => (document: unknown) => {
  if (typeof document !== "object" || document === null) return false;
  if (Array.isArray(document)) return document.flat(3).length >= PROOF_WORDS;
  if (["proof", "pi_a", "Ar"].some((name) => name in document)) return true;
  if ("provable" in document) return task === "check" || document.provable === false;
  return "error" in document && Object.keys(document).length === 1;
};

const PROOF_WORDS = 8;

/**
 * A program of the operator's own, behind a process or a URL. What it answers is checked; its questions throw where
 * that is no zk proof.
 */
export function externalBackend(ask: Ask): Backend {
  const put = async (task: Task, job: Job, asked: Asked) => {
    const answer = await ask(questionOf(task, job, asked), asked.signal, answers(task));
    return read(answer, answers(task));
  };
  return {
    check: (job, asked) => put("check", job, asked),
    async prove(job, asked) {
      const answer = await put("prove", job, asked);
      if (answer === true) throw new Error("the backend answered without a zk proof");
      return answer;
    },
  };
}

function read(answer: unknown, isAnswer: (document: unknown) => boolean): true | Hex {
  const isObject = typeof answer === "object" && answer !== null && !Array.isArray(answer);
  const { provable, reason, error } = isObject ? (answer as Record<string, unknown>) : {};
  if (error !== undefined) throw new Error(`the backend says: ${shown(error)}`);
  if (provable === false) throw new UnprovableError(shown(reason ?? "the backend cannot prove it"));
  const given = isObject && "proof" in answer ? answer.proof : answer;
  if (provable === true && given === answer) return true;
  // A server's one document may be bare bytes too.
  if (typeof answer !== "string" && !isAnswer(answer)) {
    throw new Error(`the backend's answer is none to what it was asked: ${shown(answer)}`);
  }
  return zkProofOf(given);
}

const MOST_SHOWN = 200;

/** Of what a backend says, as much as fits a line of a log. */
function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.replace(/\s+/g, " ").slice(0, MOST_SHOWN);
}
