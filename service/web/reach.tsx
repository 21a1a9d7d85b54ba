// SPDX-License-Identifier: AGPL-3.0-only
// What asks the chain and wallets: more code than all that shows a list, which comes first.
import { memo, useEffect } from "react";
import type { Client } from "viem";
import { type Config, Hydrate } from "wagmi";
import { clientOf } from "./endpoint.ts";
import type { Network } from "./network.ts";
import { chainSource } from "./source/chain.ts";
import type { Source } from "./source/types.ts";
import { walletConfig } from "./wallet/config.ts";
import { useWalletClient } from "./wallet/wallet-client.ts";

export { findOnChain } from "./endpoint.ts";
export { Wallet } from "./wallet/wallet.tsx";

/** How a deployment's chain is reached, by an endpoint or a wallet. */
export interface Reach {
  readonly config: Config;
  /** Of the endpoint that the visitor or the API names. */
  readonly client: Client | undefined;
  readonly source: (client: Client) => Source;
}

/** Without an endpoint the wallet's client alone reaches the chain, and `client` is undefined. */
export function reachOf(network: Network): Reach {
  const { rpc, chainId } = network;
  return {
    config: walletConfig(network),
    client: rpc === undefined ? undefined : clientOf(rpc, chainId),
    source: (client) => chainSource(client, network),
  };
}

interface Connecting {
  readonly config: Config;
  readonly chainId: number;
  /** Is told the wallet while that is on this chain. */
  readonly onClient: (client: Client | undefined) => void;
}

/** Connects the wallet of the last visit again, once: it would do so whenever it is rendered. Shows nothing. */
export const Connection = memo(({ config, ...rest }: Connecting) => (
  <Hydrate config={config}>
    <Connected {...rest} />
  </Hydrate>
));

function Connected({ chainId, onClient }: Omit<Connecting, "config">) {
  const client = useWalletClient(chainId);
  useEffect(() => onClient(client), [client, onClient]);
  return null;
}
