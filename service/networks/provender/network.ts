// SPDX-License-Identifier: AGPL-3.0-only
import { pageReader } from "../../chain/pages.ts";
import { epochAt, epochBounds } from "../../chain/system.ts";
import { AUCTION_TOPICS } from "../../core/decode-auctions.ts";
import { packLogs } from "../../core/pack-logs.ts";
import type { RawLog } from "../../core/raw-log.ts";
import type { Hex } from "../../core/types.ts";
import type { SyncSources } from "../../epoch/sources.ts";
import { forgetEnded } from "../../store/auctions.ts";
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
      ingest(database, deployment, { ...page, parentHash, ...packed(logs) }),
    rollBack: (toBlock) => rollBack(database, deployment, toBlock),
    verify: (position) => verifyLogs(sources, position),
    forget: (finalized) => forgetEnded(database, deployment, finalized),
  };
}

const AUCTIONS = new Set(AUCTION_TOPICS);

/** What rewards follow from is kept; what auctions are followed by is folded, and forgotten. */
function packed(logs: readonly RawLog[]): Pick<Page, "logs" | "auctions"> {
  const auctions = logs.filter(({ topics }) => AUCTIONS.has(topics[0] as Hex));
  if (auctions.length === 0) return { logs: packLogs(logs) };
  const others = logs.filter(({ topics }) => !AUCTIONS.has(topics[0] as Hex));
  return { logs: packLogs(others), auctions: packLogs(auctions) };
}
