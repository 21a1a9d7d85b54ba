// SPDX-License-Identifier: AGPL-3.0-only
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { authorized } from "../chain/authorization.ts";
import type { Ask } from "./answer.ts";

const MAX_BYTES = 1_048_576;

/**
 * Asks a server: one POST a question, which may take as long as the answer does: `fetch` gives up what is not answered within
 * five minutes. Throws where the answer is not 2xx, or no JSON.
 */
export function askUrl(url: string): Ask {
  return async (question, signal) => {
    try {
      const response = await post(url, question, signal).catch((cause) => {
        // Its whole URL may hold a password.
        throw new Error(`the backend at ${new URL(url).host} does not answer`, { cause });
      });
      return answerIn(await read(response), response.statusCode ?? 0);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  };
}

function answerIn(text: string, status: number): unknown {
  if (status < 200 || status > 299) throw new Error(`the backend answers ${status}: ${text.slice(0, 200)}`);
  try {
    return JSON.parse(text);
  } catch {
    throw new Error("the backend's answer is not JSON");
  }
}

/** The beginning of the answer, whose redirections are not followed. */
function post(url: string, body: string, signal: AbortSignal): Promise<IncomingMessage> {
  const at = authorized(url);
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    ...at.headers,
  };
  const request = at.url.startsWith("https:") ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    // A connection of its own: one that was kept may have been closed meanwhile.
    request(at.url, { method: "POST", headers, agent: false, signal })
      .once("response", resolve)
      .on("error", reject)
      .end(body);
  });
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`the backend's answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
