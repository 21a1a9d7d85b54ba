// SPDX-License-Identifier: AGPL-3.0-only
import { custom } from "viem";
import { createConfig, createStorage, injected } from "wagmi";
import { chainOf, clientOf } from "../endpoint.ts";
import type { Network } from "../network.ts";

/** Wallets as they announce themselves (EIP-6963), or as the page's only one. Reads go to the page's own endpoint. */
export function walletConfig({ chainId, rpc }: Network) {
  const chain = chainOf(chainId, rpc);
  const client = rpc === undefined ? undefined : clientOf(rpc, chainId);
  const request = ({ method, params }: { method: string; params?: unknown }) => {
    if (client === undefined) throw new Error("connect a wallet, or give an RPC endpoint");
    return client.request({ method, params } as never);
  };
  return createConfig({
    chains: [chain],
    connectors: [injected()],
    transports: { [chainId]: custom({ request }) },
    storage: createStorage({ storage: localStorage, key: "provender" }),
  });
}
