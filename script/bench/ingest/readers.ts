// SPDX-License-Identifier: AGPL-3.0-only
import { decodeEventLog } from "viem";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi } from "../../../service/chain/abi.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { unpackLogs } from "../../../service/core/packed-logs.ts";
import type { RawLog } from "../../../service/core/raw-log.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { ingest } from "../../../service/store/ingest.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import type { Page } from "../../../service/store/pages.ts";
import { inFolder, measured, peakMegabytes } from "../measured.ts";
import { openRows } from "../rows.ts";
import { DEPLOYMENT } from "./logs.ts";
import { replay } from "./recording.ts";

interface Reader {
  /** What is not its work. */
  readonly prepare?: (page: Page) => RawLog[];
  readonly read: (page: Page, logs: readonly RawLog[]) => Promise<void>;
  readonly close: () => unknown;
}

const ABI = [...iProverRegistryAbi, ...iProofMarketAbi, ...iProverVaultAbi];

const READERS = {
  async provender(dataDir: string): Promise<Reader> {
    const database = await openDatabase({ dataDir });
    const deployment = await openDeployment(database, DEPLOYMENT);
    return {
      async read(page) {
        if ((await ingest(database, deployment, page)) === "behind") throw new Error("a page does not fit");
      },
      close: () => database.close(),
    };
  },
  /** What one writes first: viem decodes each log, and each becomes a row. */
  async viem(dataDir: string): Promise<Reader> {
    const rows = openRows(dataDir);
    return {
      // It has its logs from an endpoint.
      prepare: (page) => Array.from(unpackLogs(page.logs)),
      async read(_, logs) {
        rows.insert(
          logs.map(({ topics, data, ...log }) => ({
            ...log,
            ...decodeEventLog({ abi: ABI, topics: topics as [`0x${string}`], data }),
          })),
        );
      },
      close: rows.close,
    };
  },
};

interface Task {
  readonly folder: string;
  readonly reader: keyof typeof READERS;
}

/** How many fulfilments a CPU-second it reads of a recording. */
export async function work({ folder, reader: name }: Task) {
  await initKeccak();
  return inFolder(async (dataDir) => {
    const reader = await READERS[name](dataDir);
    let [cpuSeconds, read] = [0, 0];
    for (const { page, fulfilments } of replay(folder)) {
      const logs = reader.prepare?.(page) ?? [];
      cpuSeconds += (await measured(() => reader.read(page, logs))).cpuSeconds;
      read += fulfilments;
    }
    await reader.close();
    return { rate: read / cpuSeconds, megabytes: peakMegabytes() };
  });
}
