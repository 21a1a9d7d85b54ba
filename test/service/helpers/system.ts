// SPDX-License-Identifier: AGPL-3.0-only
import { readFileSync } from "node:fs";
import {
  type Abi,
  type Address,
  encodeAbiParameters,
  getContractAddress,
  type Hex,
  keccak256,
  numberToHex,
  toHex,
} from "viem";
import { iProofMarketAbi, iProverRegistryAbi, iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { encodePolicy } from "../../../service/core/policy.ts";
import type { Policy, PostContent } from "../../../service/core/types.ts";
import { type Anvil, type AnvilOptions, pass, startAnvil, type TestClient } from "./anvil.ts";

export { pass };

export const ether = (amount: number): bigint => BigInt(Math.round(amount * 1e6)) * 10n ** 12n;
const EPOCH = 3_600n;
export const WINDOW = 600n;
export const BUDGET = ether(1000);

/** Paid by work, at most a tenth of one's stake, and at most 90 % of the protocol fees brought. */
const POLICY: Policy = {
  version: 1,
  id: "capped",
  params: { capNumerator: 1n, capDenominator: 10n },
  guards: { exclusions: [], feeMatchBps: null, minStake: 0n },
};

/** A verifier that takes every zk proof: whatever is called, it answers with one word, 1. */
const LENIENT_VERIFIER: Hex = "0x6760015f5260205ff35f5260086018f3";
export const PROGRAM_KEY = numberToHex(7n, { size: 32 });

export interface TestSystem {
  readonly anvil: Anvil;
  readonly client: TestClient;
  readonly token: Address;
  readonly registry: Address;
  readonly market: Address;
  readonly distributor: Address;
  readonly owner: Address;
  readonly publisher: Address;
  readonly guardian: Address;
  readonly auditor: Address;
  readonly requester: Address;
  /** Accounts without a role: provers and stakers. */
  readonly accounts: readonly Address[];
}

/** The real contracts on a new local chain, funded for many epochs, with quorum 1. A policy's text is taken as it is. */
export async function deploySystem(
  policy: Policy | string = POLICY,
  options: AnvilOptions = {},
): Promise<TestSystem> {
  await initKeccak();
  const anvil = await startAnvil(options);
  try {
    return await deployOn(anvil, policy);
  } catch (error) {
    anvil.stop();
    throw error;
  }
}

async function deployOn(anvil: Anvil, policy: Policy | string): Promise<TestSystem> {
  const { client } = anvil;
  const [owner, publisher, guardian, auditor, requester, treasury, ...accounts] =
    (await client.getAddresses()) as [Address, Address, Address, Address, Address, Address, ...Address[]];
  const token = await deploy(client, owner, "TestToken");
  const verifier = await deployCode(client, owner, LENIENT_VERIFIER);
  const nonce = await client.getTransactionCount({ address: owner });
  const [market, distributor] = [1, 2].map((later) =>
    getContractAddress({ from: owner, nonce: BigInt(nonce + later) }),
  ) as [Address, Address];
  const registry = await deploy(client, owner, "ProverRegistry", {
    token,
    owner,
    guardian,
    treasury,
    distributor,
    market,
    unbondingDelay: 604_800n,
    vestingPeriod: 3_600n,
    minSelfStake: ether(100),
    maxCommissionBps: 5_000n,
    commissionNotice: EPOCH + WINDOW,
  });
  const { timestamp } = await client.getBlock();
  await deploy(client, owner, "ProofMarket", {
    registry,
    clockStart: timestamp,
    epochLength: EPOCH,
    expiryGrace: 3_600n,
    parameters: {
      protocolFeeBps: 1_000n,
      lockBps: 10_000n,
      maxStakeMultiple: 10n,
      minFee: 1n,
      bond: 1_000_000_000_000_000n,
      maxOpenAssignments: 10_000n,
    },
    verifiers: [verifier],
    programs: [{ verifierVersion: 1n, programKey: PROGRAM_KEY, multiplierBps: 10_000n }],
  });
  await deploy(client, owner, "RewardDistributor", {
    registry,
    market,
    publisher,
    auditors: [auditor],
    challengeWindow: WINDOW,
    quorum: 1n,
    allowZeroQuorum: false,
    budget: BUDGET,
    policy: toHex(typeof policy === "string" ? policy : encodePolicy(policy)),
  });
  const system = {
    anvil,
    client,
    token,
    registry,
    market,
    distributor,
    owner,
    publisher,
    guardian,
    auditor,
    requester,
    accounts,
  };
  await mint(system, distributor, BUDGET * 20n);
  await mint(system, requester, ether(1_000_000));
  await approve(system, requester, market);
  return system;
}

export async function registerProver(
  system: TestSystem,
  prover: Address,
  selfStake: bigint,
  commissionBps: bigint,
): Promise<void> {
  await mint(system, prover, selfStake);
  await approve(system, prover, system.registry);
  await confirm(
    system.client,
    system.client.writeContract({
      account: prover,
      address: system.registry,
      abi: iProverRegistryAbi,
      functionName: "register",
      args: [selfStake, commissionBps, prover],
    }),
  );
}

/** A request of at most `fee`, and a sealed bid of that by `prover`; `statement` names what is to be proven. */
export async function bid(
  system: TestSystem,
  prover: Address,
  fee: bigint,
  statement: bigint,
): Promise<{ readonly id: Hex; readonly salt: Hex }> {
  const { client, market, requester } = system;
  const { timestamp } = await client.getBlock();
  const abi = iProofMarketAbi;
  const { request, result: id } = await client.simulateContract({
    account: requester,
    address: market,
    abi,
    functionName: "request",
    args: [
      {
        programKey: PROGRAM_KEY,
        publicValuesDigest: numberToHex(statement, { size: 32 }),
        verifierVersion: 1n,
        maxFee: fee,
        minStake: 0n,
        commitDuration: 60n,
        revealDuration: 60n,
        deadline: timestamp + 600n,
        inputUri: "",
      },
    ],
  });
  await confirm(client, client.writeContract(request));
  const salt = keccak256(id);
  const commitment = keccak256(
    encodeAbiParameters(
      [{ type: "bytes32" }, { type: "address" }, { type: "uint256" }, { type: "bytes32" }],
      [id, prover, fee, salt],
    ),
  );
  await confirm(
    client,
    client.writeContract({
      account: prover,
      address: market,
      abi,
      functionName: "commit",
      args: [id, prover, commitment],
    }),
  );
  return { id, salt };
}

/** One request won by `prover` with its own bid of `fee`. Takes three minutes. */
export async function assign(
  system: TestSystem,
  prover: Address,
  fee: bigint,
  statement: bigint,
): Promise<Hex> {
  const { client, market } = system;
  const { id, salt } = await bid(system, prover, fee, statement);
  await pass(system, 61n);
  await confirm(
    client,
    client.writeContract({
      account: prover,
      address: market,
      abi: iProofMarketAbi,
      functionName: "reveal",
      args: [id, prover, fee, salt],
    }),
  );
  await pass(system, 61n);
  return id;
}

/** A fulfilled request: `fee` paid, and counted as far as it exceeds what the statement was fulfilled with before. */
export async function work(
  system: TestSystem,
  prover: Address,
  fee: bigint,
  statement: bigint,
): Promise<Hex> {
  const id = await assign(system, prover, fee, statement);
  return confirm(
    system.client,
    system.client.writeContract({
      account: prover,
      address: system.market,
      abi: iProofMarketAbi,
      functionName: "fulfil",
      args: [id, "0x00"],
    }),
  );
}

/** A missed request, slashed. */
export async function miss(system: TestSystem, prover: Address, fee: bigint): Promise<void> {
  const id = await assign(system, prover, fee, 999n);
  await pass(system, 600n);
  await confirm(
    system.client,
    system.client.writeContract({
      account: system.requester,
      address: system.market,
      abi: iProofMarketAbi,
      functionName: "expire",
      args: [id],
    }),
  );
}

/** Into the next epoch, and until its beginning is final. */
export async function endEpoch(system: TestSystem): Promise<void> {
  const { client, distributor } = system;
  const [start, { timestamp }] = await Promise.all([
    client.readContract({ address: distributor, abi: iRewardDistributorAbi, functionName: "clockStart" }),
    client.getBlock(),
  ]);
  const left = EPOCH - ((timestamp - start) % EPOCH);
  await pass(system, left);
  await client.mine({ blocks: 3, interval: 1 });
}

/** All of the latest post, which attestations and vetoes name. */
export async function latestContent({
  client,
  distributor,
}: Pick<TestSystem, "client" | "distributor">): Promise<PostContent> {
  const logs = await client.getContractEvents({
    address: distributor,
    abi: iRewardDistributorAbi,
    eventName: "RootPosted",
    fromBlock: 0n,
    strict: true,
  });
  const { epoch, postNumber, root, cumulativeTotal, datasetHash, snapshotBlock, snapshotHash } =
    logs.at(-1)?.args ?? fail("nothing has been posted");
  return { epoch, postNumber, root, cumulativeTotal, datasetHash, snapshotBlock, snapshotHash };
}

function fail(message: string): never {
  throw new Error(message);
}

/** The auditor's yes to the latest root, and its window's end. */
export async function activate(system: TestSystem): Promise<void> {
  const { client, distributor: address, auditor } = system;
  const abi = iRewardDistributorAbi;
  const args = [await latestContent(system)] as const;
  await confirm(
    client,
    client.writeContract({
      account: auditor,
      address,
      abi,
      functionName: "attest",
      args,
    }),
  );
  await pass(system, WINDOW + 1n);
}

/** More tokens for rewards than a system has at first. */
export async function fund(system: TestSystem, amount: bigint): Promise<void> {
  await mint(system, system.distributor, amount);
}

async function mint({ client, owner, token }: TestSystem, to: Address, amount: bigint): Promise<void> {
  await confirm(
    client,
    client.writeContract({
      account: owner,
      address: token,
      abi: TOKEN,
      functionName: "mint",
      args: [to, amount],
    }),
  );
}

async function approve({ client, token }: TestSystem, account: Address, spender: Address): Promise<void> {
  await confirm(
    client,
    client.writeContract({
      account,
      address: token,
      abi: TOKEN,
      functionName: "approve",
      args: [spender, 2n ** 256n - 1n],
    }),
  );
}

const TOKEN = [
  {
    type: "function",
    name: "mint",
    stateMutability: "nonpayable",
    inputs: [
      { name: "to", type: "address" },
      { name: "amount", type: "uint256" },
    ],
    outputs: [],
  },
  {
    type: "function",
    name: "approve",
    stateMutability: "nonpayable",
    inputs: [
      { name: "spender", type: "address" },
      { name: "amount", type: "uint256" },
    ],
    outputs: [{ name: "", type: "bool" }],
  },
] as const;

/** Waits for a transaction, and fails if it was mined without effect. */
export async function confirm(client: TestClient, sending: Promise<Hex>): Promise<Hex> {
  const hash = await sending;
  const { status } = await client.waitForTransactionReceipt({ hash });
  if (status !== "success") throw new Error(`transaction ${hash} reverted`);
  return hash;
}

export async function deploy(
  client: TestClient,
  account: Address,
  name: string,
  ...args: readonly unknown[]
): Promise<Address> {
  const { abi, bytecode } = artifact(name);
  return created(client, await client.deployContract({ account, abi, bytecode, args }));
}

async function deployCode(client: TestClient, account: Address, data: Hex): Promise<Address> {
  return created(client, await client.sendTransaction({ account, data }));
}

async function created(client: TestClient, hash: Hex): Promise<Address> {
  const { contractAddress } = await client.waitForTransactionReceipt({ hash });
  if (!contractAddress) throw new Error("nothing was deployed");
  return contractAddress;
}

/** By its name, or by FILE:NAME where the file has another one. */
function artifact(name: string): { abi: Abi; bytecode: Hex } {
  const [file, contract = file] = name.split(":");
  const path = new URL(`../../../out/${file}.sol/${contract}.json`, import.meta.url);
  const { abi, bytecode } = JSON.parse(readFileSync(path, "utf8"));
  return { abi, bytecode: bytecode.object };
}
