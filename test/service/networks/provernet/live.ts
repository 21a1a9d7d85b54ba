// SPDX-License-Identifier: AGPL-3.0-only
import { type Address, type Hex, numberToHex, parseAbi } from "viem";
import { type Anvil, startAnvil, type TestClient } from "../../helpers/anvil.ts";
import { confirm, deploy, ether, pass } from "../../helpers/system.ts";

export const EPOCH = 3_600n;
const MAXIMUM = ether(100_000);

export const networkAbi = parseAbi([
  "function mint(address to, uint256 amount)",
  "function approve(address spender, uint256 amount)",
  "function balanceOf(address) view returns (uint256)",
  "function initializeProver(uint256 selfStake)",
  "function stake(address prover, uint256 amount)",
  "function setState(address prover, uint8 state)",
  "function setCommissionRate(address source, uint64 rate)",
  "function commissionOf(address) view returns (uint256)",
  "function getProverVault(address) view returns (address)",
  "function serve(address prover, bytes32 vk, bytes32 digest, uint96 fee)",
  "function setProtocolFeeBps(uint256 bps)",
  "function grant(address account)",
  "function setRewards(bytes proof, bytes output)",
  "function distributeRewards(uint32 epoch, address[] provers)",
  "function epochProverRewards(uint32, address) view returns (uint128 amount, bool distributed)",
  "function epochTotalRewards(uint32) view returns (uint256)",
  "function lastUpdatedEpoch() view returns (uint32)",
]);

/** The interface of ProverNet's contracts on a new local chain, by contracts of the tests, with funds for many epochs. */
export interface LiveNetwork {
  readonly anvil: Anvil;
  readonly client: TestClient;
  readonly token: Address;
  readonly controller: Address;
  readonly market: Address;
  readonly epochRewards: Address;
  readonly owner: Address;
  readonly updater: Address;
  readonly requester: Address;
  /** Ascending, each with its own stake. */
  readonly provers: readonly Address[];
  readonly others: readonly Address[];
  /** The first second of epoch 1. */
  readonly start: bigint;
}

export async function startNetwork(count: number): Promise<LiveNetwork> {
  const anvil = await startAnvil();
  const { client } = anvil;
  const [owner, updater, requester, ...accounts] = (await client.getAddresses()) as Address[] as [
    Address,
    Address,
    Address,
    ...Address[],
  ];
  const token = await deploy(client, owner, "TestToken");
  const controller = await deploy(client, owner, "ProverNetDouble:NetworkController", token);
  const market = await deploy(client, owner, "NetworkMarket", controller);
  const { timestamp } = await client.getBlock();
  const start = timestamp + 600n;
  const config = { fromEpoch: 1, fromTime: start, length: EPOCH, maximum: MAXIMUM };
  const epochRewards = await deploy(client, owner, "NetworkEpochRewards", controller, updater, config);
  const provers = accounts.slice(0, count).toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  const network = {
    ...{ anvil, client, token, controller, market, epochRewards, owner, updater, requester, provers, start },
    others: accounts.slice(count),
  };
  await call(network, owner, token, "mint", epochRewards, MAXIMUM * 10n);
  await call(network, owner, token, "mint", requester, ether(1_000_000));
  await call(network, requester, token, "approve", market, 2n ** 255n);
  await call(network, owner, market, "setProtocolFeeBps", 1_000n);
  for (const prover of provers) {
    await call(network, owner, token, "mint", prover, ether(1_000));
    await call(network, prover, token, "approve", controller, 2n ** 255n);
    await call(network, prover, controller, "initializeProver", ether(1_000));
  }
  await until(network, start);
  return network;
}

export async function call(
  { client }: Pick<LiveNetwork, "client">,
  account: Address,
  address: Address,
  functionName: string,
  ...args: readonly unknown[]
): Promise<Hex> {
  return confirm(
    client,
    client.writeContract({ account, address, abi: networkAbi, functionName, args } as never),
  );
}

/** A proof of a statement, which the requester pays for. */
export function serve(network: LiveNetwork, prover: Address, statement: number, fee: number): Promise<Hex> {
  const [vk, digest] = [numberToHex(7, { size: 32 }), numberToHex(statement, { size: 32 })];
  return call(network, network.requester, network.market, "serve", prover, vk, digest, ether(fee));
}

/** A block at that time, unless it is past. */
async function until({ client }: Pick<LiveNetwork, "client">, time: bigint): Promise<void> {
  const { timestamp } = await client.getBlock();
  if (timestamp < time) await pass({ client }, time - timestamp);
}

/** Past an epoch's end, and until that is final. */
export async function endOf(network: LiveNetwork, epoch: number): Promise<void> {
  await until(network, network.start + BigInt(epoch) * EPOCH);
  await finalize(network);
}

export async function finalize({ client }: Pick<LiveNetwork, "client">): Promise<void> {
  await client.mine({ blocks: 3, interval: 1 });
}

/** The file that `--network-config` names. */
export function liveConfig(
  { controller, market, epochRewards }: LiveNetwork,
  distributor: Address | null = null,
): object {
  return {
    ...{ chainId: 31_337, stakingController: controller, market, epochRewards, startBlock: 0 },
    ...{ codeHashes: null, distributor },
  };
}

/** Rewards by fees, whoever asked. */
export const WORK_POLICY = {
  ...{ version: 2, id: "work", params: {}, programs: null, guards: { exclusions: [], minStake: "0" } },
  campaigns: [{ requesters: null, partBps: 10_000, feeMatch: null }],
};
