// SPDX-License-Identifier: AGPL-3.0-only
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A log as JSON-RPC carries it. */
export interface RawLog {
  address: string;
  topics: string[];
  data: string;
  blockNumber: string;
}

export interface Intercepted {
  readonly calls: readonly RawCall[];
  readonly isBatch: boolean;
  readonly bytes: number;
}

export interface RawCall {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

export type Tamper = (log: RawLog) => RawLog[];

/** What an endpoint does beside passing calls on; all of it may be changed at any time. */
interface Ways {
  /** What is done with every log. */
  tamper: Tamper;
  /** What is answered instead of the truth. */
  twist: (call: RawCall, result: unknown) => unknown;
  /** Why a call is refused, if it is. */
  refuse: (call: RawCall) => string | undefined;
  /** What is done with a whole request instead of passing it on, if anything; hang: nothing, until it repents. */
  intercept: (request: Intercepted) => "close" | "hang" | { status?: number; body: string } | undefined;
  /** Whether connections are cut off. */
  down: boolean;
  /** Requests that are answered with "too many" from now on. */
  limited: number;
  /** Requests whose answers end in the middle from now on. */
  cut: number;
}

export interface LyingEndpoint extends Ways {
  readonly rpcUrl: string;
  /** HTTP requests so far. */
  requests: number;
  /** Tells the truth again. */
  readonly repent: () => void;
  /** Awaited before each request is passed on, with its number and body. */
  before: (count: number, body: string) => Promise<void>;
  readonly close: () => void;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: unknown;
}

const honest = (): Ways => ({
  tamper: (log) => [log],
  twist: (_, result) => result,
  refuse: () => undefined,
  intercept: () => undefined,
  down: false,
  limited: 0,
  cut: 0,
});

/** An endpoint that passes everything on, unless it is told to lie. */
export async function lyingEndpoint(target: string): Promise<LyingEndpoint> {
  const held = new Set<Socket>();
  const release = () => {
    for (const socket of held) socket.destroy();
    held.clear();
  };
  const server = createServer(async (request, response) => {
    endpoint.requests++;
    if (endpoint.down) {
      request.socket.destroy();
      return;
    }
    if (endpoint.limited > 0) {
      endpoint.limited--;
      response.writeHead(429, { "retry-after": "0" }).end();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    await endpoint.before(endpoint.requests, body);
    const parsed = JSON.parse(body) as RawCall | RawCall[];
    const instead = endpoint.intercept({
      calls: [parsed].flat(),
      isBatch: Array.isArray(parsed),
      bytes: body.length,
    });
    if (instead === "hang") held.add(request.socket);
    else if (instead === "close") request.socket.destroy();
    else if (instead !== undefined) response.writeHead(instead.status ?? 200).end(instead.body);
    if (instead !== undefined) return;
    const sent = await fetch(target, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const calls = [JSON.parse(body)].flat() as RawCall[];
    const answers = (await sent.json()) as Answer | Answer[];
    for (const answer of [answers].flat()) {
      const call = calls.find(({ id }) => id === answer.id);
      if (call !== undefined) lie(call, answer);
    }
    const text = JSON.stringify(answers);
    response.setHeader("content-type", "application/json");
    if (endpoint.cut > 0) {
      endpoint.cut--;
      response.setHeader("content-length", text.length);
      response.write(text.slice(0, text.length / 2), () => response.destroy());
      return;
    }
    response.end(text);
  });

  function lie(call: RawCall, answer: Answer): void {
    const reason = endpoint.refuse(call);
    if (reason !== undefined) {
      delete answer.result;
      answer.error = { code: -32_000, message: reason };
    } else if (answer.error === undefined) {
      const isLogs = call.method === "eth_getLogs" && Array.isArray(answer.result);
      const result = isLogs ? (answer.result as RawLog[]).flatMap(endpoint.tamper) : answer.result;
      answer.result = endpoint.twist(call, result);
    }
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const endpoint: LyingEndpoint = {
    ...honest(),
    rpcUrl: `http://127.0.0.1:${port}`,
    requests: 0,
    repent() {
      Object.assign(endpoint, honest());
      release();
    },
    before: async () => undefined,
    close() {
      release();
      server.close();
      server.closeAllConnections();
    },
  };
  return endpoint;
}
