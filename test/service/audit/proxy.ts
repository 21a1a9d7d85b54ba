// SPDX-License-Identifier: AGPL-3.0-only
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A log as JSON-RPC carries it. */
export interface RawLog {
  address: string;
  topics: string[];
  data: string;
  blockNumber: string;
}

export type Tamper = (log: RawLog) => RawLog[];

export interface LyingEndpoint {
  readonly rpcUrl: string;
  /** What is done with every log from now on. */
  tamper: Tamper;
  /** Whether connections are cut off. */
  down: boolean;
  /** HTTP requests so far. */
  requests: number;
  /** Awaited before each request is passed on, with its number and body. */
  before: (count: number, body: string) => Promise<void>;
  readonly close: () => void;
}

interface Answer {
  id: number;
  result?: unknown;
}

/** An endpoint that passes everything on, and logs through `tamper`. */
export async function lyingEndpoint(target: string): Promise<LyingEndpoint> {
  const server = createServer(async (request, response) => {
    endpoint.requests++;
    if (endpoint.down) {
      request.socket.destroy();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    await endpoint.before(endpoint.requests, body);
    const sent = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const calls = [JSON.parse(body)].flat() as { id: number; method: string }[];
    const answers = (await sent.json()) as Answer | Answer[];
    for (const answer of [answers].flat()) {
      const call = calls.find(({ id }) => id === answer.id);
      if (call?.method !== "eth_getLogs" || !Array.isArray(answer.result)) continue;
      answer.result = (answer.result as RawLog[]).flatMap(endpoint.tamper);
    }
    response.setHeader("content-type", "application/json").end(JSON.stringify(answers));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint: LyingEndpoint = {
    rpcUrl: `http://127.0.0.1:${port}`,
    tamper: (log) => [log],
    down: false,
    requests: 0,
    before: async () => undefined,
    close: () => server.close(),
  };
  return endpoint;
}
