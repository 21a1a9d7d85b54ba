// SPDX-License-Identifier: AGPL-3.0-only
import type { Client } from "viem";
import { useConnection, useConnectorClient } from "wagmi";

/** Milliseconds until a wallet that failed is asked again: nobody tells when it is ready. */
const AGAIN = 2_000;

/** What the connected wallet is asked by; undefined while there is none, or it is on another chain than `chainId`. */
export function useWalletClient(chainId: number): Client | undefined {
  const { chainId: walletChain } = useConnection();
  const isThere = walletChain === chainId;
  const { data } = useConnectorClient({
    chainId,
    query: { enabled: isThere, refetchInterval: ({ state }) => (state.status === "error" ? AGAIN : false) },
  });
  return isThere ? data : undefined;
}
