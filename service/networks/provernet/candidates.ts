// SPDX-License-Identifier: AGPL-3.0-only
import type { PublicClient } from "viem";
import { askForLogs } from "../../chain/ask-for-logs.ts";
import { lower } from "../../chain/system.ts";
import type { Address } from "../../core/types.ts";
import { epochRewardsAbi } from "./abi.ts";
import { TOPIC } from "./events.ts";
import type { Contracts } from "./open.ts";

const SPAN = 200_000n;

/**
 * Contracts that may be EpochRewards: up to `lastBlock`, they log configurations of epochs, and name this
 * StakingController. Anybody can deploy such a one, so that none is used unless the configuration names it.
 */
export async function epochRewardsCandidates(
  client: PublicClient,
  { stakingController, startBlock }: Contracts,
  lastBlock: bigint,
): Promise<Address[]> {
  const found = new Set<Address>();
  for (let fromBlock = startBlock; fromBlock <= lastBlock; fromBlock += SPAN) {
    const toBlock = fromBlock + SPAN - 1n < lastBlock ? fromBlock + SPAN - 1n : lastBlock;
    const logs = await askForLogs(client, { fromBlock, toBlock }, undefined, [TOPIC.EpochConfigSet]);
    for (const { address } of logs) found.add(lower(address));
  }
  const candidates = [...found].sort();
  const controllers = await Promise.all(
    candidates.map((address) =>
      client
        .readContract({ address, abi: epochRewardsAbi, functionName: "stakingController" })
        .catch(() => undefined),
    ),
  );
  return candidates.filter(
    (_, i) => controllers[i] !== undefined && lower(controllers[i]) === stakingController,
  );
}
