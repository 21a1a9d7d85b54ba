// SPDX-License-Identifier: AGPL-3.0-only
import { createPublicClient, http } from "viem";
import { EVENTS } from "../../../service/audit/logs.ts";
import { connect } from "../../../service/chain/client.ts";
import { initKeccak } from "../../../service/core/keccak.ts";
import { sync } from "../../../service/epoch/sync.ts";
import { openDeployment } from "../../../service/store/deployment.ts";
import { openDatabase } from "../../../service/store/open-database.ts";
import { DEPLOYMENT } from "../ingest/logs.ts";
import { measured, ofThisProcess } from "../measured.ts";
import { openRows } from "../rows.ts";

interface Task {
  readonly reader: keyof typeof READERS;
  readonly rpcUrl: string;
  /** How many fulfilments there are. */
  readonly size: number;
  readonly directory: string;
  /** A PostgreSQL instead of a file there. */
  readonly databaseUrl?: string | undefined;
}

/** Gives how many fulfilments are stored then. */
const READERS = { provender, viem };

/** Of vaults, whose addresses others tell. */
const CHANGED = "ActiveAssetsChanged";
const CONTRACTS = [DEPLOYMENT.registry, DEPLOYMENT.market, DEPLOYMENT.distributor];
/** What fits the largest answer that viem takes. */
const SPAN = 200n;

export async function work(task: Task) {
  let stored = 0;
  const { seconds } = await measured(async () => {
    stored = await READERS[task.reader](task);
  });
  if (stored !== task.size) throw new Error(`${stored} fulfilments are stored, not ${task.size}`);
  return { ...ofThisProcess(), seconds };
}

/** As `provender sync` does, but for the last step, whose cost goes by provers: the contracts' state. */
async function provender({ rpcUrl, directory, databaseUrl }: Task): Promise<number> {
  await initKeccak();
  const chain = await connect({ rpcUrl });
  const database = await openDatabase({ dataDir: directory, url: databaseUrl });
  const deployment = await openDeployment(database, DEPLOYMENT);
  const system = { ...DEPLOYMENT, token: DEPLOYMENT.market, symbol: "T", domain: "0x" } as const;
  const how = { to: "finalized", check: false, log: () => undefined } as const;
  await sync({ chain, system, database, deployment, ...how });
  const { fulfilments } = await database.read((sql) =>
    sql
      .selectFrom("epochs")
      .select(({ fn }) => fn.sum("fulfilments").as("fulfilments"))
      .executeTakeFirstOrThrow(),
  );
  await database.close();
  return Number(fulfilments);
}

/** What one writes first: events as viem decodes them, and a row for each. */
async function viem({ rpcUrl, directory }: Task): Promise<number> {
  const client = createPublicClient({ transport: http(rpcUrl) });
  const rows = openRows(directory);
  const last = await client.getBlockNumber();
  for (let fromBlock = 0n; fromBlock <= last; fromBlock += SPAN) {
    const toBlock = fromBlock + SPAN - 1n < last ? fromBlock + SPAN - 1n : last;
    for (const address of [CONTRACTS, undefined]) {
      const events = EVENTS.filter(({ name }) => (name === CHANGED) === (address === undefined));
      rows.insert(await client.getLogs({ address, events, fromBlock, toBlock, strict: true }));
    }
  }
  const fulfilments = rows.countOf("Fulfilled");
  rows.close();
  return fulfilments;
}
