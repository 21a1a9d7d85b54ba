// SPDX-License-Identifier: AGPL-3.0-only
import { readMany } from "../../chain/many.ts";
import { pagesBy } from "../../chain/pages.ts";
import { lower } from "../../chain/system.ts";
import type { Address, Hex } from "../../core/types.ts";
import type { Network } from "../network.ts";
import { marketAbi } from "./abi.ts";
import { checkAnchors } from "./anchors.ts";
import { clockFrom } from "./clock.ts";
import { withoutPayer } from "./fold.ts";
import type { NetworkLog } from "./log.ts";
import { requirePinned } from "./pins.ts";
import { readNetworkLogs } from "./read-logs.ts";
import type { ProverNetSources } from "./sources.ts";
import { readState, rollBackPages, storePage } from "./store.ts";

/** A log of ordinary size, in characters of its data: longer ones count for several when a page is filled. */
const ORDINARY = 500;

/** Brevis ProverNet's contracts as they are deployed, read as SPEC.md says in section 14. */
export function provernet(sources: ProverNetSources): Network<NetworkLog> {
  const { chain, contracts, database, deployment } = sources;
  const { client } = chain;
  return {
    name: "provernet",
    token: contracts.token,
    startBlock: contracts.startBlock,
    outputs: [
      ...(contracts.epochRewards === null ? [] : (["epoch-rewards"] as const)),
      ...(contracts.distributor === null ? [] : (["distributor"] as const)),
    ],
    clock: () => clockFrom(database, deployment),
    async reader() {
      const vaults = new Set(Object.keys((await readState(database, deployment)).vaults) as Address[]);
      return pagesBy(
        client,
        (places) => readNetworkLogs(client, contracts, vaults, places),
        (logs) => logs.reduce((sum, { length }) => sum + Math.max(1, Math.round(length / ORDINARY)), 0),
      );
    },
    async store(page, parentHash) {
      await requirePinned(sources, page.logs);
      const requesters = await requestersOf(sources, withoutPayer(contracts, page.logs));
      return storePage(database, deployment, contracts, { ...page, parentHash, requesters });
    },
    rollBack: (toBlock) => rollBackPages(database, deployment, toBlock),
    verify: (position) => checkAnchors(sources, position),
    forget: async () => undefined,
  };
}

/** Whom the market says that requests are of, where the logs don't; who it does not say is left out. */
async function requestersOf(
  { chain: { client }, contracts: { market: address } }: ProverNetSources,
  ids: readonly Hex[],
): Promise<Map<Hex, Address>> {
  if (ids.length === 0) return new Map();
  const blockNumber = await client.getBlockNumber();
  const calls = ids.map((id) => ({ address, args: [id] as const }));
  const answers = await readMany(client, { abi: marketAbi, functionName: "getRequest", blockNumber, calls });
  return new Map(
    ids.flatMap((id, i) => {
      const requester = answers[i]?.[2];
      return requester === undefined ? [] : [[id, lower(requester)] as const];
    }),
  );
}
