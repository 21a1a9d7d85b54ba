// SPDX-License-Identifier: AGPL-3.0-only
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Call {
  readonly id: number;
  readonly method: string;
  readonly params?: readonly unknown[];
}

export interface RpcEndpoint {
  readonly rpcUrl: string;
  /** What it was asked so far. */
  readonly asked: { requests: number; calls: number };
  readonly close: () => void;
}

/** An endpoint of JSON-RPC in this process. @param answer gives the whole answer to a call, as JSON */
export async function serveCalls(answer: (call: Call) => string | Promise<string>): Promise<RpcEndpoint> {
  const asked = { requests: 0, calls: 0 };
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Call | Call[];
    asked.requests++;
    asked.calls += [body].flat().length;
    const text = Array.isArray(body)
      ? `[${(await Promise.all(body.map(answer))).join(",")}]`
      : await answer(body);
    response.setHeader("content-type", "application/json").end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { rpcUrl: `http://127.0.0.1:${port}`, asked, close };
}

/** The same. @param resultOf gives a result as JSON, or fails with the error's message */
export function serveResults(
  resultOf: (method: string, params: readonly unknown[]) => string | Promise<string>,
): Promise<RpcEndpoint> {
  return serveCalls(async ({ id, method, params = [] }) => {
    try {
      return `{"jsonrpc":"2.0","id":${id},"result":${await resultOf(method, params)}}`;
    } catch (error) {
      const { message } = error as Error;
      return JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message } });
    }
  });
}

/** What eth_getLogs is asked for. */
export interface LogFilter {
  readonly fromBlock?: string;
  readonly toBlock?: string;
  readonly blockHash?: string;
  readonly address?: string | readonly string[] | null;
  readonly topics?: readonly (string | readonly string[] | null)[];
}

/** Whether a log is what a filter asks for, in whatever block it is. */
export function matcherOf({ address, topics = [] }: LogFilter) {
  const setOf = (wanted: string | readonly string[] | null | undefined) =>
    wanted ? new Set([wanted].flat().map((each) => each.toLowerCase())) : undefined;
  const addresses = setOf(address);
  const wanted = topics.map(setOf);
  return (log: { readonly address: string; readonly topics: readonly string[] }): boolean =>
    addresses?.has(log.address) !== false &&
    wanted.every((set, i) => set?.has(log.topics[i] ?? "") !== false);
}
