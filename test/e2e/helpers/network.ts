// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type Abi,
  type Address,
  BaseError,
  ContractFunctionRevertedError,
  concat,
  type Hex,
  maxUint256,
  parseAbi,
  parseEther,
} from "viem";
import { proofMarketAbi, proverRegistryAbi, proverVaultAbi, rewardDistributorAbi } from "../../abi.ts";
import {
  type Anvil,
  privateKeyOf as keyOf,
  pass,
  startAnvil,
  type TestClient,
  travelTo,
} from "../../service/helpers/anvil.ts";
import { provenderJson } from "./provender.ts";

export { pass };

const EPOCH = 86_400n;
export const WINDOW = 3_600n;
export const VESTING = EPOCH / 4n;
export const BUDGET = parseEther("120");
const PROTOCOL_FEE_BPS = 1_000n;

export interface ZkProof {
  readonly name: string;
  readonly words: readonly Hex[];
  readonly programKey: Hex;
  readonly publicValuesDigest: Hex;
  readonly zkProof: Hex;
}

/** Made for other networks, by the provers that their names tell; versions count from 1 in this order. */
export const PROOFS = ["pico-v1.0-fibonacci", "pico-v1.1-dcap", "pico-v1.2.2-provernet", "sp1-v4-vapp"].map(
  loadProof,
);

/** The accounts of every local chain, by role. */
const ROLES = [
  "owner",
  "guardian",
  "publisher",
  "auditor",
  "requester",
  "ada",
  "ben",
  "cleo",
  "staker",
  "stranger",
  "dan",
  "eve",
  "secondRequester",
  "thirdRequester",
] as const;
export type Role = (typeof ROLES)[number];

/** Every function and error: the revert of one contract shows through another. */
const ABI: Abi = [
  ...proofMarketAbi,
  ...proverRegistryAbi,
  ...proverVaultAbi,
  ...rewardDistributorAbi,
  ...parseAbi([
    "function mint(address to, uint256 amount)",
    "function approve(address spender, uint256 amount) returns (bool)",
  ]),
];

export interface Network {
  readonly anvil: Anvil;
  readonly client: TestClient;
  readonly who: Readonly<Record<Role, Address>>;
  readonly token: Address;
  readonly registry: Address;
  readonly market: Address;
  readonly distributor: Address;
  /** The record that the command wrote. */
  readonly deployment: string;
}

/** A program of the development zkVM that counts. */
export interface Program {
  readonly programKey: Hex;
  readonly multiplierBps: number;
}

/** The contracts, deployed by the command on a new local chain with four real verifying keys and the development one. */
export async function deployNetwork(folder: string, programs: readonly Program[] = []): Promise<Network> {
  const anvil = await startAnvil();
  try {
    const accounts = await anvil.client.getAddresses();
    const who = Object.fromEntries(ROLES.map((role, index) => [role, accounts[index]])) as Network["who"];
    const config = join(folder, "deploy.json");
    const deployment = join(folder, "deployment.json");
    writeFileSync(config, JSON.stringify(deployConfig(who, programs)));
    const args = ["deploy", "--config", config, "--rpc", anvil.rpcUrl, "--from", who.owner];
    const record = await provenderJson<Record<"token" | "registry" | "market" | "distributor", Address>>([
      ...args,
      "--out",
      deployment,
    ]);
    const { token, registry, market, distributor } = record;
    return { anvil, client: anvil.client, who, token, registry, market, distributor, deployment };
  } catch (error) {
    anvil.stop();
    throw error;
  }
}

export const privateKeyOf = (role: Role): Hex => keyOf(ROLES.indexOf(role));

export interface Call {
  readonly address: Address;
  readonly functionName: string;
  readonly args: readonly unknown[];
}

/** Sends from an unlocked account and waits; a revert is thrown before anything is sent. */
export async function send({ client }: Pick<Network, "client">, account: Address, call: Call) {
  const { request } = await client.simulateContract({ ...call, abi: ABI, account });
  const hash = await client.writeContract(request);
  const receipt = await client.waitForTransactionReceipt({ hash });
  if (receipt.status !== "success") throw new Error(`${call.functionName} reverted`);
  return receipt;
}

/** The name of the error that a call ends with. */
export async function refusal({ client }: Pick<Network, "client">, account: Address, call: Call) {
  try {
    await client.simulateContract({ ...call, abi: ABI, account });
  } catch (error) {
    const revert =
      error instanceof BaseError && error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    if (revert instanceof ContractFunctionRevertedError) return revert.data?.errorName;
    throw error;
  }
  throw new Error(`${call.functionName} was accepted`);
}

export async function mintTo(network: Network, to: Address, amount: bigint): Promise<void> {
  const { token, who } = network;
  await send(network, who.owner, { address: token, functionName: "mint", args: [to, amount] });
}

async function approve(network: Network, account: Address, spender: Address): Promise<void> {
  const { token } = network;
  await send(network, account, { address: token, functionName: "approve", args: [spender, maxUint256] });
}

/** Registers a prover with a stake of its own, and gives its vault. */
export async function registerProver(
  network: Network,
  prover: Address,
  selfStake: bigint,
  commissionBps: bigint,
): Promise<Address> {
  const { registry, client } = network;
  await mintTo(network, prover, selfStake);
  await approve(network, prover, registry);
  const args = [selfStake, commissionBps, prover];
  await send(network, prover, { address: registry, functionName: "register", args });
  return client.readContract({
    address: registry,
    abi: proverRegistryAbi,
    functionName: "vaultOf",
    args: [prover],
  });
}

export async function deposit(network: Network, staker: Address, vault: Address, assets: bigint) {
  await mintTo(network, staker, assets);
  await approve(network, staker, vault);
  await send(network, staker, { address: vault, functionName: "deposit", args: [assets, staker] });
}

/** To the end of an epoch, and until its last block is final. */
export async function endEpoch(network: Network, epoch: bigint): Promise<void> {
  const [, end] = await network.client.readContract({
    address: network.distributor,
    abi: rewardDistributorAbi,
    functionName: "epochBounds",
    args: [epoch],
  });
  await travelTo(network, end);
  await network.client.mine({ blocks: 3, interval: 1 });
}

function loadProof(name: string): ZkProof {
  const path = new URL(`../../fixtures/proofs/${name}.json`, import.meta.url);
  const { verifyingKey, programKey, publicValuesDigest, proof } = JSON.parse(readFileSync(path, "utf8"));
  return { name, words: verifyingKey.words, programKey, publicValuesDigest, zkProof: concat(proof as Hex[]) };
}

const DEVELOPMENT = loadProof("devzk");

function deployConfig({ owner, guardian, publisher, auditor }: Network["who"], programs: readonly Program[]) {
  return {
    schema: "provender.deploy/1",
    chainId: 31_337,
    token: "dev",
    roles: { owner, guardian, treasury: `0x${"7e".repeat(20)}`, publisher, auditors: [auditor] },
    registry: {
      unbondingDelay: Number(3n * EPOCH),
      vestingPeriod: Number(VESTING),
      minSelfStake: String(parseEther("500")),
      maxCommissionBps: 5_000,
      commissionNotice: Number(EPOCH + WINDOW),
    },
    market: {
      clockStart: "now",
      epochLength: Number(EPOCH),
      expiryGrace: 7_200,
      protocolFeeBps: Number(PROTOCOL_FEE_BPS),
      lockBps: 10_000,
      maxStakeMultiple: 10,
      minFee: String(parseEther("1")),
      bond: String(parseEther("1")),
      maxOpenAssignments: 100,
    },
    verifiers: [...PROOFS, DEVELOPMENT].map(({ name, words }) => ({ name, words })),
    programs: [
      ...PROOFS.map(({ name, programKey }) => ({ verifier: name, programKey, multiplierBps: 10_000 })),
      ...programs.map((program) => ({ verifier: DEVELOPMENT.name, ...program })),
    ],
    distributor: {
      challengeWindow: Number(WINDOW),
      quorum: 1,
      allowZeroQuorum: false,
      budget: String(BUDGET),
      policy:
        '{"guards":{"exclusions":[],"feeMatchBps":9000,"minStake":"0"},"id":"capped",' +
        '"params":{"capDenominator":"1000","capNumerator":"2"},"version":1}',
    },
  };
}
