// SPDX-License-Identifier: AGPL-3.0-only
import { getAddress, type PublicClient } from "viem";
import type { Chain } from "../../chain/client.ts";
import { ChainError, isAnswered } from "../../chain/errors.ts";
import { lower } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import { controllerAbi, epochRewardsAbi, marketAbi } from "./abi.ts";
import type { ProverNetConfig } from "./config.ts";

/** Whose logs are read. */
export interface Contracts extends Omit<ProverNetConfig, "codeHashes"> {
  readonly factory: Address;
  readonly token: Address;
}

/**
 * The contracts that a configuration names, and those that these name.
 * @throws ChainError where there is none, or two of them belong to different deployments
 */
export async function openContracts(
  { client }: Pick<Chain, "client">,
  config: ProverNetConfig,
): Promise<Contracts> {
  const { stakingController, market, epochRewards } = config;
  const named = { stakingController, market, ...(epochRewards !== null && { epochRewards }) };
  await Promise.all(Object.entries(named).map(([name, address]) => requireCode(client, name, address)));
  const [token, factory] = await Promise.all(
    (["stakingToken", "vaultFactory"] as const).map((functionName) =>
      client.readContract({ address: stakingController, abi: controllerAbi, functionName }),
    ),
  ).catch((cause) => {
    if (!isAnswered(cause)) throw cause;
    throw unfit("stakingController", `${getAddress(stakingController)} is no StakingController`, { cause });
  });
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
  for (const [i, controller] of controllers.entries()) {
    // What an endpoint does not answer is not against it: the logs have to fit anyway.
    if (controller === undefined || lower(controller) === stakingController) continue;
    const name = i === 0 ? "market" : "epochRewards";
    throw unfit(name, `it names the StakingController ${controller}, not ${getAddress(stakingController)}`);
  }
  const { codeHashes: _, ...rest } = config;
  return { ...rest, token: lower(token as Address), factory: lower(factory as Address) };
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
