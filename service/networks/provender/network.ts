// SPDX-License-Identifier: AGPL-3.0-only
import { pageReader } from "../../chain/pages.ts";
import { epochAt, epochBounds } from "../../chain/system.ts";
import { AUCTION_TOPICS } from "../../core/decode-auctions.ts";
import { STAKE_TOPICS } from "../../core/decode-stakes.ts";
import { packLogs } from "../../core/pack-logs.ts";
import type { RawLog } from "../../core/raw-log.ts";
import type { Hex } from "../../core/types.ts";
import type { SyncSources } from "../../epoch/sources.ts";
import { forgetBonds } from "../../store/auctions.ts";
import { ingest } from "../../store/ingest.ts";
import type { Page } from "../../store/pages.ts";
import { rollBack } from "../../store/roll-back.ts";
import { vaultAddresses } from "../../store/vaults.ts";
import type { Network } from "../network.ts";
import { verifyLogs } from "./verify-logs.ts";

/** Our own contracts: their logs carry times and accumulators, and everything is found from the distributor. */
export function provender(sources: SyncSources): Network {
  const { chain, system, database, deployment } = sources;
  return {
    name: "provender",
    token: system.token,
    startBlock: system.startBlock,
    outputs: ["distributor"],
    clock: async () => ({
      firstEpoch: 0,
      windowOf: (epoch) => epochBounds(system, epoch),
      epochOf: (time) => (time < system.clockStart ? undefined : epochAt(system, time)),
    }),
    reader: async () => pageReader(chain.client, system, new Set(await vaultAddresses(database, deployment))),
    store: ({ logs, ...page }, parentHash) =>
      ingest(database, deployment, { ...page, parentHash, ...packPage(logs) }),
    rollBack: (toBlock) => rollBack(database, deployment, toBlock),
    verify: (position) => verifyLogs(sources, position),
    forget: (finalized) => forgetBonds(database, deployment, finalized),
  };
}

const AUCTIONS = new Set(AUCTION_TOPICS);
const STAKES = new Set(STAKE_TOPICS);

/**
 * What rewards and share prices follow from is kept; what auctions are followed by is folded, and forgotten. Of places
 * those alone are told that a log does not say itself.
 */
export function packPage(logs: readonly RawLog[]): Pick<Page, "logs" | "auctions" | "stakes" | "places"> {
  const [others, auctions, stakes, places]: [RawLog[], RawLog[], RawLog[], RawLog[]] = [[], [], [], []];
  for (const log of logs) {
    const topic = log.topics[0] as Hex;
    if (AUCTIONS.has(topic)) auctions.push(log);
    else if (STAKES.has(topic)) stakes.push(log);
    else others.push(log);
    if (log.time !== undefined) places.push(log);
  }
  return {
    logs: packLogs(others),
    auctions: auctions.length === 0 ? undefined : packLogs(auctions),
    stakes: stakes.length === 0 ? undefined : packLogs(stakes),
    places,
  };
}
