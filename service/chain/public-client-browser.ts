// SPDX-License-Identifier: AGPL-3.0-only
// What `#chain/public-client` is in a browser: with what the audit reads by, and without the rest, which is as much again.
import { createClient, custom, type EIP1193RequestFn, type PublicClient } from "viem";
import { getBlock, getChainId, getCode, multicall, readContract } from "viem/actions";

/** A client of whatever answers its requests. */
export function publicClientOf(request: EIP1193RequestFn): PublicClient {
  const client = createClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
  const actions: Pick<PublicClient, "getBlock" | "getChainId" | "getCode" | "multicall" | "readContract"> = {
    getBlock: (args) => getBlock(client, args),
    getChainId: () => getChainId(client),
    getCode: (args) => getCode(client, args),
    multicall: (args) => multicall(client, args),
    readContract: (args) => readContract(client, args),
  };
  return Object.assign(client, actions) as unknown as PublicClient;
}
