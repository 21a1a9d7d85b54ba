// SPDX-License-Identifier: AGPL-3.0-only
// What one writes first: events as viem decodes them, and a row for each.
import { join } from "node:path";
import Libsql from "libsql";
import { createPublicClient, http } from "viem";
import { EVENTS } from "../../../service/audit/logs.ts";
import { DEPLOYMENT } from "../ingest/logs.mjs";

/** Of vaults, whose addresses others tell. */
const CHANGED = "ActiveAssetsChanged";
const CONTRACTS = [DEPLOYMENT.registry, DEPLOYMENT.market, DEPLOYMENT.distributor];
/** What fits the largest answer that viem takes. */
const SPAN = 200n;

/** @param {string} rpcUrl @param {string} directory */
export async function read(rpcUrl, directory) {
  const client = createPublicClient({ transport: http(rpcUrl) });
  const file = new Libsql(join(directory, "rows.db"));
  file.exec("pragma journal_mode = wal; pragma synchronous = normal");
  file.exec(
    "create table logs (block integer, position integer, address text, event text, arguments text, primary key (block, position))",
  );
  const insert = file.prepare("insert into logs values (?, ?, ?, ?, ?)");
  const last = await client.getBlockNumber();
  for (let fromBlock = 0n; fromBlock <= last; fromBlock += SPAN) {
    const toBlock = fromBlock + SPAN - 1n < last ? fromBlock + SPAN - 1n : last;
    for (const address of [CONTRACTS, undefined]) {
      const events = EVENTS.filter(({ name }) => (name === CHANGED) === (address === undefined));
      const logs = await client.getLogs({ address, events, fromBlock, toBlock, strict: true });
      file.exec("begin");
      for (const { blockNumber, logIndex, address: emitter, eventName, args } of logs) {
        const text = JSON.stringify(args, (_, value) => (typeof value === "bigint" ? String(value) : value));
        insert.run(Number(blockNumber), logIndex, emitter, eventName, text);
      }
      file.exec("commit");
    }
  }
  const { fulfilments } = /** @type {{ fulfilments: number }} */ (
    file.prepare("select count(*) as fulfilments from logs where event = 'Fulfilled'").get()
  );
  file.close();
  return fulfilments;
}
