// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, type PublicClient } from "viem";
import type { Chain } from "../../chain/client.ts";
import { ChainError, isAnswered } from "../../chain/errors.ts";
import { lower, unlessAnsweredBlindly } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import { controllerAbi, epochRewardsAbi, marketAbi } from "./abi.ts";
import type { ProverNetConfig } from "./config.ts";
import type { NetworkState } from "./state.ts";

/** Whose logs are read. */
export interface Contracts extends Omit<ProverNetConfig, "codeHashes"> {
  readonly factory: Address;
  readonly token: Address;
  /** Those of which nobody says that they are of this deployment: their logs have to show it. */
  readonly unconfirmed?: readonly ("market" | "epochRewards")[];
}

/**
 * The contracts that a configuration names, and those that these name.
 * @throws ChainError `no-code` where there is none, or two of them belong to different deployments; `unreachable` if the
 * endpoint executes no calls
 */
export function openContracts(
  { client }: Pick<Chain, "client">,
  config: ProverNetConfig,
): Promise<Contracts> {
  return unlessAnsweredBlindly(client, () => contractsOf(client, config));
}

async function contractsOf(client: PublicClient, config: ProverNetConfig): Promise<Contracts> {
  const { stakingController, market, epochRewards, startBlock } = config;
  const head = await client.getBlockNumber();
  if (startBlock > head) {
    throw new ChainError(
      "no-code",
      `network-config.startBlock: ${startBlock} is past the last block, ${head}`,
      "give the block of the vault factory's deployment, or an earlier one",
    );
  }
  const named = { stakingController, market, ...(epochRewards !== null && { epochRewards }) };
  await Promise.all(Object.entries(named).map(([name, address]) => requireCode(client, name, address)));
  const [token, factory] = await Promise.all(
    (["stakingToken", "vaultFactory"] as const).map((functionName) =>
      client.readContract({ address: stakingController, abi: controllerAbi, functionName }),
    ),
  ).catch((cause) => {
    // Some nodes refuse in words what reverts.
    if (!isAnswered(cause) && !/revert/i.test(String((cause as Error).message))) throw cause;
    throw unfit("stakingController", `${getAddress(stakingController)} is no StakingController`, { cause });
  });
  const others = { stakingToken: lower(token as Address), vaultFactory: lower(factory as Address) };
  for (const [name, address] of Object.entries(named)) {
    const other = Object.entries(others).find(([, one]) => one === address)?.[0];
    if (other !== undefined) throw unfit(name, `it is the ${other} that the StakingController names`);
  }
  const belongs = [
    client.readContract({ address: market, abi: marketAbi, functionName: "stakingController" }),
    ...(epochRewards === null
      ? []
      : [
          client.readContract({
            address: epochRewards,
            abi: epochRewardsAbi,
            functionName: "stakingController",
          }),
        ]),
  ];
  const controllers = await Promise.all(belongs.map((answer) => answer.catch(() => undefined)));
  const unconfirmed: ("market" | "epochRewards")[] = [];
  for (const [i, controller] of controllers.entries()) {
    const name = i === 0 ? "market" : "epochRewards";
    // What an endpoint does not answer is not against it, if the contract's logs are what they should be.
    if (controller === undefined) unconfirmed.push(name);
    if (controller === undefined || lower(controller) === stakingController) continue;
    throw unfit(name, `it names the StakingController ${controller}, not ${getAddress(stakingController)}`);
  }
  const { codeHashes: _, ...rest } = config;
  return { ...rest, token: lower(token as Address), factory: lower(factory as Address), unconfirmed };
}

/** @throws ChainError if a contract that does not name its StakingController has not logged anything either */
export function requireLogs({ unconfirmed = [], ...contracts }: Contracts, state: NetworkState): void {
  const { implementations, stats, configs } = state;
  const own = { market: Object.keys(stats.global).length, epochRewards: configs.length };
  for (const name of unconfirmed) {
    const address = contracts[name];
    if (address === null || implementations[address] !== undefined || own[name] > 0) continue;
    const what = `${getAddress(address)} names no StakingController, and logged nothing that such a contract logs`;
    throw unfit(name, what);
  }
}

async function requireCode(client: PublicClient, name: string, address: Address): Promise<void> {
  const code = await client.getCode({ address });
  if (code !== undefined) return;
  throw new ChainError(
    "no-code",
    `network-config.${name}: there is no contract at ${getAddress(address)}`,
    "check the address, and that the RPC endpoint serves its chain",
  );
}

function unfit(field: string, what: string, options?: ErrorOptions): ChainError {
  return new ChainError(
    "no-code",
    `network-config.${field}: ${what}`,
    "give the proxies of one deployment",
    options,
  );
}
