// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, getAddress, type PublicClient } from "viem";
import type { ReadArtifact } from "./artifacts.ts";
import type { DeployConfig } from "./config.ts";
import { verifierKey } from "./plan.ts";

const RECORD_SCHEMA = "provender.deployment/1";

export interface Deployment {
  readonly chainId: bigint;
  readonly startBlock: bigint;
  /** By the keys of the steps. */
  readonly addresses: ReadonlyMap<string, Address>;
}

/** Contracts by themselves, in the order of the record. */
const NAMED = ["timelock", "registry", "factory", "market", "distributor", "lens", "router"] as const;

/** The deployment record: names everything, with checksums, and what only the contracts themselves know. */
export async function recordOf(
  client: PublicClient,
  { token, verifiers }: DeployConfig,
  { chainId, startBlock, addresses }: Deployment,
  read: ReadArtifact,
): Promise<Record<string, unknown>> {
  const ask = (contract: string, address: Address | undefined, functionName: string) =>
    client.readContract({ address: address as Address, abi: read(contract).abi, functionName });
  const factory = (await ask("ProverRegistry", addresses.get("registry"), "factory")) as Address;
  const all = new Map([...addresses, ["factory", factory]]);
  const named = NAMED.flatMap((key) => {
    const address = all.get(key);
    return address === undefined ? [] : [[key, getAddress(address)]];
  });
  return {
    schema: RECORD_SCHEMA,
    chainId: String(chainId),
    startBlock: String(startBlock),
    token: getAddress(token ?? (all.get("token") as Address)),
    ...Object.fromEntries(named),
    verifiers: await Promise.all(
      verifiers.map(async ({ name }, i) => {
        const address = all.get(verifierKey(name)) as Address;
        const verifierKeyHash = await ask("Groth16Verifier", address, "verifierKeyHash");
        return { name, address: getAddress(address), verifierKeyHash, version: i + 1 };
      }),
    ),
  };
}
