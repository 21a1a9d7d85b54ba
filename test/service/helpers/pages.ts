// SPDX-License-Identifier: AGPL-3.0-only
import type { RawLog } from "../../../service/core/raw-log.ts";
import type { Hex } from "../../../service/core/types.ts";
import { packPage } from "../../../service/networks/provender/network.ts";
import type { DeploymentKey } from "../../../service/store/deployment.ts";
import type { Page } from "../../../service/store/pages.ts";
import type { RecordedChain } from "./recorded-chain.ts";

/** What pages are made of. */
export interface LoggedChain {
  readonly key: DeploymentKey;
  readonly blocks: readonly { readonly number: number; readonly hash: Hex; readonly timestamp: number }[];
  readonly logs: readonly RawLog[];
}

export function loggedChain(chain: RecordedChain): LoggedChain {
  return {
    key: {
      chainId: BigInt(chain.chainId),
      distributor: chain.distributor,
      registry: chain.registry,
      market: chain.market,
      startBlock: 0n,
      clockStart: BigInt(chain.clockStart),
      epochLength: BigInt(chain.epochLength),
      unbondingDelay: 604_800n,
      vestingPeriod: 604_800n,
    },
    blocks: chain.blocks,
    logs: chain.logs,
  };
}

/** The chain in pages that end at these indices of its blocks, and at the last. */
export function pagesOf({ key, blocks, logs }: LoggedChain, ends: readonly number[] = []): Page[] {
  const last = blocks.length - 1;
  const chosen = [...new Set([...ends.filter((end) => end < last), last])].sort((a, b) => a - b);
  let firstBlock = key.startBlock;
  let parentHash: Hex | undefined;
  return chosen.map((end) => {
    const { number, hash, timestamp } = blocks[end] as LoggedChain["blocks"][number];
    const own = logs.filter(({ blockNumber }) => blockNumber >= Number(firstBlock) && blockNumber <= number);
    const page = {
      ...{ firstBlock, lastBlock: BigInt(number), parentHash },
      ...{ lastHash: hash, lastTime: BigInt(timestamp), ...packPage(own) },
    };
    firstBlock = BigInt(number) + 1n;
    parentHash = hash;
    return page;
  });
}
