// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, encodeDeployData, getContractAddress, type Hex } from "viem";
import type { ReadArtifact } from "./artifacts.ts";
import { type AdapterConfig, type AnyDeployConfig, type DeployConfig, isAdapter } from "./config.ts";

/** One contract to deploy. */
export interface Step {
  /** Its name in the deployment record; verifiers are `verifier:` and theirs. */
  readonly key: string;
  readonly contract: string;
  readonly nonce: number;
  readonly address: Address;
  /** Creation code with its arguments. */
  readonly initCode: Hex;
  readonly deployedSize: number;
}

/** What names each other: their nonces follow each other without a gap. */
export const boundTogether = (config: AnyDeployConfig): readonly string[] =>
  isAdapter(config) ? ["adapter", "distributor"] : ["registry", "market", "distributor"];

/** What the progress file calls the verifier of this name. */
export const verifierKey = (name: string): string => `verifier:${name}`;

/** What has been deployed already, by key. */
export type Deployed = ReadonlyMap<string, Address>;

/**
 * The contracts that are still to be deployed, in order, and where each will be if `deployer` sends nothing else from
 * `nonce` on.
 * @throws Error if what one names is neither deployed nor before it: a fault of ours
 */
export function planSteps(
  config: AnyDeployConfig,
  {
    deployer,
    nonce,
    deployed,
    read,
  }: { deployer: Address; nonce: number; deployed: Deployed; read: ReadArtifact },
): Step[] {
  const parts = partsOf(config).filter(({ key }) => !deployed.has(key));
  const places = new Map(deployed);
  for (const [i, { key }] of parts.entries()) {
    places.set(
      key,
      getContractAddress({ from: deployer, nonce: BigInt(nonce + i) }).toLowerCase() as Address,
    );
  }
  if ("token" in config && config.token !== undefined) places.set("token", config.token);
  const at = (key: string): Address => {
    const address = places.get(key);
    if (address === undefined) throw new Error(`no address of ${key}`);
    return address;
  };
  return parts.map(({ key, contract, args }, i) => {
    const { abi, bytecode, deployedSize } = read(contract);
    const initCode = encodeDeployData({ abi, bytecode, args: args(at) });
    return { key, contract, nonce: nonce + i, address: at(key), initCode, deployedSize };
  });
}

/**
 * The first of these creations, by its key, whose code is not what this release deploys, if any: whoever went on with
 * them would put contracts of two releases together.
 */
export function fromAnotherRelease(
  config: AnyDeployConfig,
  created: Iterable<readonly [key: string, initCode: Hex]>,
  read: ReadArtifact,
): string | undefined {
  const contracts = new Map(partsOf(config).map(({ key, contract }) => [key, contract]));
  for (const [key, initCode] of created) {
    const contract = contracts.get(key);
    if (contract === undefined || !initCode.startsWith(read(contract).bytecode)) return key;
  }
  return undefined;
}

interface Part {
  readonly key: string;
  readonly contract: string;
  /** The constructor's arguments, given where the others are. */
  readonly args: (at: (key: string) => Address) => readonly unknown[];
}

const NOBODY: Address = "0x0000000000000000000000000000000000000000";

function partsOf(config: AnyDeployConfig): Part[] {
  return isAdapter(config) ? partsOfAdapter(config) : partsOfSystem(config);
}

/** Without an admin: the timelock administers itself. */
function timelockOf({ timelock }: AnyDeployConfig): Part[] {
  if (timelock === undefined) return [];
  const { minDelay, proposers, executors } = timelock;
  const args = () => [minDelay, proposers, executors, NOBODY];
  return [{ key: "timelock", contract: "TimelockController", args }];
}

function partsOfAdapter(config: AdapterConfig): Part[] {
  const { adapter, distributor } = config;
  return [
    ...timelockOf(config),
    {
      key: "adapter",
      contract: "ProverNetAdapter",
      args: (at) => [{ ...adapter, owner: adapter.owner ?? at("timelock"), distributor: at("distributor") }],
    },
    {
      key: "distributor",
      contract: "RewardDistributor",
      args: (at) => [{ ...distributor, registry: at("adapter"), market: at("adapter") }],
    },
  ];
}

function partsOfSystem(config: DeployConfig): Part[] {
  const { token, verifiers, registry, market, distributor } = config;
  return [
    ...(token === undefined ? [{ key: "token", contract: "DevToken", args: () => [] }] : []),
    ...timelockOf(config),
    ...verifiers.map(({ name, words }) => ({
      key: verifierKey(name),
      contract: "Groth16Verifier",
      args: () => [words],
    })),
    {
      key: "registry",
      contract: "ProverRegistry",
      args: (at) => [
        {
          ...registry,
          owner: registry.owner ?? at("timelock"),
          token: at("token"),
          market: at("market"),
          distributor: at("distributor"),
        },
      ],
    },
    {
      key: "market",
      contract: "ProofMarket",
      args: (at) => [
        {
          ...market,
          registry: at("registry"),
          verifiers: verifiers.map(({ name }) => at(verifierKey(name))),
        },
      ],
    },
    {
      key: "distributor",
      contract: "RewardDistributor",
      args: (at) => [{ ...distributor, registry: at("registry"), market: at("market") }],
    },
    { key: "lens", contract: "ProvenderLens", args: (at) => [at("distributor")] },
    { key: "router", contract: "DepositRouter", args: (at) => [at("registry")] },
  ];
}
