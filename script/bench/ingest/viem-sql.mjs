// SPDX-License-Identifier: AGPL-3.0-only
// What one writes first: viem decodes each log, and each becomes a row; a transaction a page, statements prepared once.
import { join } from "node:path";
import Libsql from "libsql";
import { decodeEventLog } from "viem";
import { iProofMarketAbi, iProverRegistryAbi, iProverVaultAbi } from "../../../service/chain/abi.ts";
import { unpackLogs } from "../../../service/core/packed-logs.ts";

const ABI = [...iProverRegistryAbi, ...iProofMarketAbi, ...iProverVaultAbi];

/** @param {string} dataDir @returns {Promise<import("../ingest.mjs").Reader>} */
export async function load(dataDir) {
  const database = new Libsql(join(dataDir, "plain.db"));
  database.exec(`pragma journal_mode = wal; pragma synchronous = normal;
    create table events (block integer, log_index integer, address text, name text, args text,
      primary key (block, log_index))`);
  const insert = database.prepare("insert into events values (?, ?, ?, ?, ?)");
  return {
    // It has its logs from an endpoint: to unpack them is not its work.
    prepare: (page) => Array.from(unpackLogs(page.logs)),
    async read(_, logs) {
      database.exec("begin immediate");
      for (const { topics, data, address, blockNumber, logIndex } of logs ?? []) {
        const { eventName, args } = decodeEventLog({
          abi: ABI,
          topics: /** @type {[`0x${string}`]} */ (topics),
          data,
        });
        const text = JSON.stringify(args, (_, value) => (typeof value === "bigint" ? String(value) : value));
        insert.run([blockNumber, logIndex, address, eventName, text]);
      }
      database.exec("commit");
    },
    close: async () => {
      database.close();
    },
  };
}
