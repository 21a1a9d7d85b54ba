// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, getAddress, type PublicClient } from "viem";
import type { ReadArtifact } from "./artifacts.ts";
import { type AnyDeployConfig, type DeployConfig, isAdapter } from "./config.ts";
import { verifierKey } from "./plan.ts";

const RECORD_SCHEMA = "provender.deployment/1";

export interface Deployment {
  readonly chainId: bigint;
  readonly startBlock: bigint;
  /** By the keys of the steps. */
  readonly addresses: ReadonlyMap<string, Address>;
}

/** Contracts by themselves, in the order of the record. */
const NAMED = [
  "timelock",
  "adapter",
  "registry",
  "factory",
  "market",
  "distributor",
  "lens",
  "router",
] as const;

/** The deployment record: names everything, with checksums, and what only the contracts themselves know. */
export async function recordOf(
  client: PublicClient,
  config: AnyDeployConfig,
  { chainId, startBlock, addresses }: Deployment,
  read: ReadArtifact,
): Promise<Record<string, unknown>> {
  const ask: Ask = (contract, address, functionName) =>
    client.readContract({ address: address as Address, abi: read(contract).abi, functionName });
  const { token, also, ...rest } = isAdapter(config)
    ? await adapterRecord(addresses, ask)
    : await systemRecord(config, addresses, ask);
  const all = new Map([...addresses, ...also]);
  const named = NAMED.flatMap((key) => {
    const address = all.get(key);
    return address === undefined ? [] : [[key, getAddress(address)]];
  });
  return {
    schema: RECORD_SCHEMA,
    chainId: String(chainId),
    startBlock: String(startBlock),
    token: getAddress(token),
    ...Object.fromEntries(named),
    ...rest,
  };
}

type Ask = (contract: string, address: Address | undefined, functionName: string) => Promise<unknown>;

async function adapterRecord(addresses: Deployment["addresses"], ask: Ask) {
  const token = (await ask("ProverNetAdapter", addresses.get("adapter"), "token")) as Address;
  return { token, also: [] };
}

async function systemRecord(
  { token, verifiers }: DeployConfig,
  addresses: Deployment["addresses"],
  ask: Ask,
) {
  const factory = (await ask("ProverRegistry", addresses.get("registry"), "factory")) as Address;
  return {
    token: token ?? (addresses.get("token") as Address),
    also: [["factory", factory]] as const,
    verifiers: await Promise.all(
      verifiers.map(async ({ name }, i) => {
        const address = addresses.get(verifierKey(name)) as Address;
        const verifierKeyHash = await ask("Groth16Verifier", address, "verifierKeyHash");
        return { name, address: getAddress(address), verifierKeyHash, version: i + 1 };
      }),
    ),
  };
}
