// SPDX-License-Identifier: AGPL-3.0-only
import { authorized } from "../authorization.ts";
import { withTimeout } from "../with-timeout.ts";
import type { Call } from "./call.ts";
import type { Refusal } from "./classify.ts";
import { withoutSecrets } from "./without-secrets.ts";

export type Reply = { readonly result: unknown } | { readonly refusal: Refusal };

const TIMEOUT = 20_000;
/** Two full pages of logs, in bytes. */
const LARGEST_ANSWER = 64 * 2 ** 20;
export const NO_CONNECTION = "no connection";
const TOO_LARGE = "response size exceeded";
/** Of what an endpoint says instead of an answer, this much is shown. */
const SHOWN = 200;

/** The request's body: one call as an object, which even those take that forbid batches; several as an array. */
export function bodyOf(calls: readonly Call[]): string {
  const bodies = calls.map(({ method, params }, id) => ({
    jsonrpc: "2.0",
    id,
    method,
    params: params ?? [],
  }));
  return JSON.stringify(bodies.length === 1 ? bodies[0] : bodies);
}

/** Sends calls in one HTTP request, and gives each call's reply; never throws for what the other side does, or once aborted. */
export async function post(url: string, calls: readonly Call[], signal?: AbortSignal): Promise<Reply[]> {
  const all = (refusal: Refusal) => calls.map(() => ({ refusal }));
  let status: number | undefined;
  try {
    const { response, text } = await withTimeout(TIMEOUT, signal, async (signal) => {
      const at = authorized(url);
      const headers = { "content-type": "application/json", ...at.headers };
      const response = await fetch(at.url, { method: "POST", headers, body: bodyOf(calls), signal });
      status = response.status;
      return { response, text: await readText(response) };
    });
    const retryAfter = retryAfterIn(response.headers);
    const json = parsed(text);
    const about = { status, retryAfter };
    if (json === undefined) {
      const words = textOf(text || response.statusText, url);
      return all({ ...about, words: response.ok ? `no JSON: ${words}` : words });
    }
    if (calls.length === 1) return [replyOf(Array.isArray(json) ? json[0] : json, about, url)];
    // A batch that is refused whole is answered by one error.
    if (!Array.isArray(json)) return all(refusalIn(json, about, url));
    const byId = new Map(json.map((answer) => [(answer as { id?: unknown } | null)?.id, answer]));
    const replies = calls.map((_, id) => (byId.has(id) ? replyOf(byId.get(id), about, url) : undefined));
    const isPart = replies.some((reply) => reply !== undefined && "result" in reply);
    const missing = isPart
      ? { ...about, words: `left out of the answer to a batch of ${calls.length} calls` }
      : refusalIn(json.length === 1 ? json[0] : undefined, about, url);
    return replies.map((reply) => reply ?? { refusal: missing });
  } catch (error) {
    return all({
      status: undefined,
      words: withoutSecrets(networkWords(error, status), url),
      dropped: isDropped(error, status),
    });
  }
}

function replyOf(answer: unknown, about: Pick<Refusal, "status" | "retryAfter">, url: string): Reply {
  if (
    typeof answer === "object" &&
    answer !== null &&
    "result" in answer &&
    !("error" in answer && answer.error)
  ) {
    return { result: answer.result };
  }
  return { refusal: refusalIn(answer, about, url) };
}

function refusalIn(answer: unknown, about: Pick<Refusal, "status" | "retryAfter">, url: string): Refusal {
  const error = typeof answer === "object" && answer !== null && "error" in answer ? answer.error : undefined;
  if (typeof error === "string") return { ...about, words: textOf(error, url) };
  if (typeof error !== "object" || error === null) {
    return { ...about, words: `no answer: ${textOf(JSON.stringify(answer) ?? "nothing", url)}` };
  }
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown };
  return {
    ...about,
    code: typeof code === "number" ? code : undefined,
    words: textOf(typeof message === "string" ? message : JSON.stringify(error), url),
    data,
  };
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let [size, text] = [0, ""];
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) return text + decoder.decode();
    size += value.length;
    if (size > LARGEST_ANSWER) {
      await reader?.cancel();
      throw new Error(TOO_LARGE);
    }
    text += decoder.decode(value, { stream: true });
  }
}

function parsed(text: string): unknown {
  try {
    const json: unknown = JSON.parse(inLowerCase(text));
    return typeof json === "object" && json !== null ? json : undefined;
  } catch {
    return undefined;
  }
}

/** Names of fields have capitals too, and a text of many megabytes is not written anew for these. */
const CAPITAL_DIGIT = /[A-F](?<="0x[0-9a-f]*.)/;

/** Some write digits in capitals. What is compared, stored and hashed later is written in one way. */
function inLowerCase(text: string): string {
  return CAPITAL_DIGIT.test(text)
    ? text.replace(/"0x[0-9a-fA-F]+"/g, (digits) => digits.toLowerCase())
    : text;
}

/** Without markup, line breaks and what the URL holds; cut last, so that no part of a key is left. */
function textOf(text: string, url: string): string {
  const plain = withoutSecrets(text, url)
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return plain.length > SHOWN ? `${plain.slice(0, SHOWN)}…` : plain;
}

function retryAfterIn(headers: Headers): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const seconds = Number(text);
  const rest = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(text) - Date.now();
  return rest >= 0 ? rest : undefined;
}

/** Erigon, for one, closes the connection for a batch that is too long. */
function isDropped(error: unknown, status: number | undefined): boolean {
  const { cause } = error as { cause?: { code?: string } };
  return status !== undefined || ["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"].includes(cause?.code ?? "");
}

function networkWords(error: unknown, status: number | undefined): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") return `no answer within ${TIMEOUT / 1_000} seconds`;
  if (message === TOO_LARGE) return message;
  // Browsers tell pages nothing of answers that are not meant for them, whatever their status.
  if ("document" in globalThis && status === undefined) {
    return "gave this page no answer: it is down, limits, or does not allow web pages (CORS)";
  }
  const why = cause?.code ?? cause?.message ?? message;
  return status === undefined ? `${NO_CONNECTION} (${why})` : `the answer was cut off (${why})`;
}
