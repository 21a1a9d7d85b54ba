// SPDX-License-Identifier: AGPL-3.0-only
// What `#chain/public-client` is under Node. Browsers get public-client-browser.ts.
import { createClient, custom, type EIP1193RequestFn, type PublicClient } from "viem";
import {
  call,
  estimateContractGas,
  estimateGas,
  estimateMaxPriorityFeePerGas,
  getBalance,
  getBlock,
  getBlockNumber,
  getChainId,
  getCode,
  getLogs,
  getTransaction,
  getTransactionCount,
  getTransactionReceipt,
  multicall,
  readContract,
  sendRawTransaction,
  simulateContract,
} from "viem/actions";

const ACTIONS = {
  call,
  estimateContractGas,
  estimateGas,
  estimateMaxPriorityFeePerGas,
  getBalance,
  getBlock,
  getBlockNumber,
  getChainId,
  getCode,
  getLogs,
  getTransaction,
  getTransactionCount,
  getTransactionReceipt,
  multicall,
  readContract,
  sendRawTransaction,
  simulateContract,
};

/** A client of whatever answers its requests, with the actions that are used here: all of them are as much again. */
export function publicClientOf(request: EIP1193RequestFn): PublicClient {
  // Reads name their block; only the head's number is asked again and again, and must not be a remembered one.
  const client = createClient({ transport: custom({ request }, { retryCount: 0 }), cacheTime: 0 });
  const bound = Object.entries(ACTIONS).map(([name, action]) => [
    name,
    (args: never) => (action as (client: unknown, args: never) => unknown)(client, args),
  ]);
  return Object.assign(client, Object.fromEntries(bound)) as unknown as PublicClient;
}
