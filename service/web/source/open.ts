// SPDX-License-Identifier: AGPL-3.0-only
import type { Client } from "viem";
import { type Network, readContracts } from "../network.ts";
import { apiSource } from "./api.ts";
import { type Contracts, chainSource } from "./chain.ts";
import type { Source } from "./types.ts";

export interface OpenedNetwork {
  readonly network: Network;
  readonly source: Source;
}

/** The network with all contracts that API or chain name, and who tells about it. */
export async function openSource(opened: Network, client: Client | undefined): Promise<OpenedNetwork> {
  const known = opened.registry !== undefined && opened.market !== undefined && opened.token !== undefined;
  const contracts = known || client === undefined ? {} : await readContracts(client, opened.distributor);
  const network = { ...opened, ...contracts };
  const { api, registry, market, distributor, lens } = network;
  if (api !== undefined) return { network, source: apiSource(api) };
  if (client === undefined || registry === undefined || market === undefined) throw new Error("no endpoint");
  return { network, source: chainSource(client, { distributor, registry, market, lens }) };
}

/** The contracts of a network that are read on the chain, as far as they are known. */
export function contractsOf({ distributor, registry, market, lens }: Network): Contracts | undefined {
  return registry && market ? { distributor, registry, market, lens } : undefined;
}
