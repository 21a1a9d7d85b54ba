// SPDX-License-Identifier: AGPL-3.0-only
import { createPublicClient, custom, type EIP1193RequestFn, http } from "viem";
import type { Chain } from "../../../service/chain/client.ts";

export interface RpcCall {
  readonly method: string;
  readonly params?: unknown;
}

/** A chain whose endpoint is a function: what it returns is the result, what it throws is the error. */
export function fakeChain(request: (call: RpcCall) => Promise<unknown>, chainId = 31_337n): Chain {
  const client = createPublicClient({
    transport: custom({ request: request as EIP1193RequestFn }, { retryCount: 0 }),
    cacheTime: 0,
  });
  return { client, chainId, rpcUrl: "http://127.0.0.1:1", agreement: 1 };
}

/** A real endpoint that changes the logs it is asked for. */
export function lyingChain(rpcUrl: string, tamper: (logs: RpcLog[]) => RpcLog[]): Chain {
  const honest = http(rpcUrl, { retryCount: 0 })({});
  return fakeChain(async (call) => {
    const result = await honest.request(call as Parameters<typeof honest.request>[0]);
    return call.method === "eth_getLogs" ? tamper(result as RpcLog[]) : result;
  });
}

export interface RpcLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly logIndex: string;
}
