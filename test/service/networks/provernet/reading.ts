// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { createPublicClient, custom, type EIP1193RequestFn, RpcRequestError } from "viem";
import type { Chain } from "../../../../service/chain/client.ts";
import type { Address, Hex } from "../../../../service/core/types.ts";
import { syncNetwork } from "../../../../service/epoch/sync.ts";
import { provernet } from "../../../../service/networks/provernet/network.ts";
import type { Contracts } from "../../../../service/networks/provernet/open.ts";
import { newWitness, type ProverNetSources } from "../../../../service/networks/provernet/sources.ts";
import { deploymentKeyOf } from "../../../../service/networks/provernet/store.ts";
import { openDeployment } from "../../../../service/store/deployment.ts";
import { openDatabase } from "../../../../service/store/open-database.ts";
import { newFolder } from "../../helpers/folder.ts";
import { resultOf, type Script } from "./scripted.ts";

/** A chain whose endpoint is in this process, and answers what `script` gives at the moment. */
export function chainOf(script: () => Script): Chain {
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    try {
      return resultOf(script(), method, (params ?? []) as unknown[]);
    } catch (cause) {
      const error = { code: -32_000, message: (cause as Error).message };
      throw new RpcRequestError({ body: {}, url: "scripted", error });
    }
  };
  const transport = custom({ request: request as EIP1193RequestFn }, { retryCount: 0 });
  const client = createPublicClient({ transport, cacheTime: 0 });
  return { client, chainId: BigInt(script().chainId), rpcUrl: "scripted", agreement: 1 };
}

export interface Reading {
  readonly sources: ProverNetSources;
  /** Reads up to the last final block, or the last one, and compares with state there. */
  readonly sync: (to?: "finalized" | "latest") => ReturnType<typeof syncNetwork>;
  readonly close: () => Promise<void>;
}

/** A database of its own, into which a chain is read. */
export async function openReading(
  chain: Chain,
  contracts: Contracts,
  pins: ReadonlyMap<Address, Hex> = new Map(),
): Promise<Reading> {
  const folder = newFolder();
  const database = await openDatabase({ dataDir: folder });
  const deployment = await openDeployment(database, deploymentKeyOf(contracts));
  const sources = { chain, contracts, database, deployment, pins, witness: newWitness() };
  const network = provernet(sources);
  return {
    sources,
    sync: (to = "finalized") =>
      syncNetwork({ chain, network, database, deployment, to, check: true, log: () => undefined }),
    async close() {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
