// SPDX-License-Identifier: AGPL-3.0-only
import { authorized } from "../chain/authorization.ts";
import type { Ask } from "./answer.ts";

const MAX_BYTES = 1_048_576;

/**
 * Asks a server: one POST a question, which may take as long as the answer does. Throws where the answer is not 2xx,
 * or no JSON.
 */
export function askUrl(url: string): Ask {
  return async (question, signal) => {
    const at = authorized(url);
    const headers = { "content-type": "application/json", ...at.headers };
    const sent = { method: "POST", headers, body: question, redirect: "error", signal } as const;
    const response = await fetch(at.url, sent).catch((cause) => {
      if (signal.aborted) throw cause;
      // Its whole URL may hold a password.
      throw new Error(`the backend at ${new URL(url).host} does not answer`, { cause });
    });
    const text = await read(response);
    if (!response.ok) throw new Error(`the backend answers ${response.status}: ${text.slice(0, 200)}`);
    try {
      return JSON.parse(text);
    } catch {
      throw new Error("the backend's answer is not JSON");
    }
  };
}

async function read({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`the backend's answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
