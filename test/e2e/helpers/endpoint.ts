// SPDX-License-Identifier: AGPL-3.0-only
import { type RpcEndpoint, serveCalls } from "../../service/helpers/json-rpc.ts";

interface RpcCall {
  readonly method: string;
  readonly params?: unknown;
}

/** Answers a call, by passing it on or otherwise. */
export type Intercept = (call: RpcCall, pass: () => Promise<unknown>) => Promise<unknown>;

/** An endpoint between a command and the chain. */
export async function endpointBefore(target: string, intercept: Intercept): Promise<RpcEndpoint> {
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
  return serveCalls(async (call) => JSON.stringify(await answer(call)));
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
