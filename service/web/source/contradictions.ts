// SPDX-License-Identifier: AGPL-3.0-only
import { type Client, getAddress } from "viem";
import { getChainId, readContract } from "viem/actions";
import { iRewardDistributorAbi } from "../../chain/abi.ts";
import type { Network } from "../network.ts";
import type { EpochRow } from "./types.ts";

/** In which ways the API's word is not the chain's, one sentence each. */
export async function contradictions(
  client: Client,
  { chainId, distributor, registry, market, token }: Network,
  epochs: readonly EpochRow[],
): Promise<string[]> {
  const actual = await getChainId(client);
  if (actual !== chainId) return [`The endpoint serves chain ${actual}, the API tells of chain ${chainId}.`];
  const read = { address: distributor, abi: iRewardDistributorAbi } as const;
  const ask = (functionName: "registry" | "market" | "token") =>
    readContract(client, { ...read, functionName });
  const [named, active, latest] = await Promise.all([
    Promise.all([ask("registry"), ask("market"), ask("token")]),
    readContract(client, { ...read, functionName: "activePost" }),
    readContract(client, { ...read, functionName: "latestPost" }),
  ]);
  const told = [registry, market, token];
  const found = (["registry", "market", "token"] as const).flatMap((name, i) =>
    named[i] === told[i]
      ? []
      : [
          `The distributor names ${getAddress(named[i] as `0x${string}`)} as its ${name}, the API ${told[i]}.`,
        ],
  );
  for (const post of [active, latest]) {
    const row = epochs.find(({ postNumber }) => postNumber === post.postNumber);
    if (row?.root === undefined || row.root === post.root) continue;
    found.push(`The contract holds another root for epoch ${post.epoch} than the API tells: ${post.root}.`);
  }
  return [...new Set(found)];
}
