// SPDX-License-Identifier: AGPL-3.0-only
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface RpcCall {
  readonly method: string;
  readonly params?: unknown;
}

/** Answers a call, by passing it on or otherwise. */
export type Intercept = (call: RpcCall, pass: () => Promise<unknown>) => Promise<unknown>;

export interface Endpoint {
  readonly rpcUrl: string;
  readonly close: () => void;
}

/** An endpoint between a command and the chain. */
export async function endpointBefore(target: string, intercept: Intercept): Promise<Endpoint> {
  const answer = async (call: RpcCall) => {
    const pass = async () => {
      const sent = await fetch(target, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(call),
      });
      return sent.json();
    };
    return intercept(call, pass);
  };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: RpcCall | RpcCall[] = JSON.parse(Buffer.concat(chunks).toString());
    const answers = Array.isArray(body) ? await Promise.all(body.map(answer)) : await answer(body);
    response.setHeader("content-type", "application/json").end(JSON.stringify(answers));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    rpcUrl: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Leaves out the n-th of the logs with one topic, as often as it is asked for them. */
export function withoutLog(topic: string, n: number): Intercept {
  const seen: string[] = [];
  return async ({ method }, pass) => {
    const answer = (await pass()) as { result: { topics: string[] }[] };
    if (method !== "eth_getLogs") return answer;
    const result = answer.result.filter((log) => {
      if (log.topics[0] !== topic) return true;
      const key = JSON.stringify(log);
      if (!seen.includes(key)) seen.push(key);
      return seen.indexOf(key) !== n;
    });
    return { ...answer, result };
  };
}
