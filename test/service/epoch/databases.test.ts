// SPDX-License-Identifier: AGPL-3.0-only
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address, Hex } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import { type EpochRun, runEpoch } from "../../../service/epoch/run.ts";
import type { Database } from "../../../service/store/database.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import type { OpenDatabaseParams } from "../../../service/store/open-database.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { type PostgresServer, startPostgres } from "../helpers/postgres.ts";
import { stored } from "../helpers/stored.ts";
import { deploySystem, endEpoch, ether, registerProver, type TestSystem, work } from "../helpers/system.ts";

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));

let network: TestSystem;
let server: PostgresServer;
let chain: Chain;
let system: System;
let clean: EpochRun;
let checkpoint: Hex;

beforeAll(async () => {
  [network, server] = await Promise.all([deploySystem(), startPostgres()]);
  chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  system = await readSystem(chain, network.distributor);
  const [ada, ben] = network.accounts as [Address, Address];
  await registerProver(network, ada, ether(5_000), 1_000n);
  await registerProver(network, ben, ether(2_000), 0n);
  await work(network, ada, ether(30), 1n);
  await work(network, ben, ether(10), 2n);
  await endEpoch(network);
  clean = await run(stored(system));
  checkpoint = await network.client.snapshot();
}, 120_000);

beforeEach(async () => {
  await network.client.revert({ id: checkpoint });
  checkpoint = await network.client.snapshot();
});

afterAll(async () => {
  network?.anvil.stop();
  await server?.remove();
}, 60_000);

function run(open: ReturnType<typeof stored>, dataDir?: string): Promise<EpochRun> {
  return runEpoch({
    ...{ chain, system, open, epoch: 0, version: "test", log: () => undefined },
    store: fileStore(dataDir ?? "/nowhere"),
    signer: dataDir === undefined ? undefined : signerFor(chain, { from: network.publisher }),
  });
}

async function expectPostedOnce(): Promise<void> {
  const distributor = { address: network.distributor, abi: iRewardDistributorAbi } as const;
  const { postNumber, root } = await network.client.readContract({
    ...distributor,
    functionName: "latestPost",
  });
  expect({ postNumber, root }).toEqual({ postNumber: 1n, root: clean.result.root });
}

interface Ended {
  readonly code: number | null;
  readonly status: string;
  readonly transaction: string | null;
}

/** The job in a process of its own. */
async function instance({ dataDir, url }: OpenDatabaseParams): Promise<Ended> {
  const flags = ["--rpc", network.anvil.rpcUrl, "--distributor", network.distributor, "--data-dir", dataDir];
  const env = { ...process.env, ...(url !== undefined && { DATABASE_URL: url }) };
  const args = [PROVENDER, "epoch", "run", "--post", "--json", "--from", network.publisher, ...flags];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk) => {
    said += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, ...(JSON.parse(said) as Omit<Ended, "code">) };
}

/** One has posted; another that had the very same transaction may say so too. */
async function expectOneToPost(ended: readonly Ended[]): Promise<void> {
  expect(ended.map(({ code }) => code)).toEqual(ended.map(() => 0));
  const posted = ended.filter(({ status }) => status === "posted");
  expect(new Set(posted.map(({ transaction }) => transaction)).size).toBe(1);
  expect(ended.filter(({ status }) => status === "already-posted").length).toBe(ended.length - posted.length);
  await expectPostedOnce();
}

describe("competing jobs post once", () => {
  test("in two processes of two machines on one PostgreSQL database", async () => {
    const url = await server.newDatabase();
    const machines = [temporaryFolder(), temporaryFolder()];
    await expectOneToPost(await Promise.all(machines.map((dataDir) => instance({ dataDir, url }))));
  }, 120_000);

  test("in two processes on one SQLite file", async () => {
    const dataDir = temporaryFolder();
    await expectOneToPost(await Promise.all([1, 2].map(() => instance({ dataDir }))));
  }, 120_000);
});

describe("whatever the database, the root and the artifact are the same", () => {
  test("after it was lost", async () => {
    const dataDir = temporaryFolder();
    const { database } = await stored(system, { dataDir })();
    await run(stored(system, { dataDir }), dataDir);
    await database.close();
    rmSync(join(dataDir, "provender.db"));
    rmSync(join(dataDir, "artifacts"), { recursive: true });
    const again = await run(stored(system, { dataDir }), dataDir);
    expect(again).toMatchObject({ status: "already-posted", datasetHash: clean.datasetHash });
    await expectPostedOnce();
  });

  test("in PostgreSQL as in SQLite before it", async () => {
    const dataDir = temporaryFolder();
    expect((await run(stored(system, { dataDir }))).datasetHash).toBe(clean.datasetHash);
    const moved = await run(stored(system, { dataDir, url: await server.newDatabase() }), dataDir);
    expect(moved).toMatchObject({ status: "posted", datasetHash: clean.datasetHash });
    await expectPostedOnce();
  });
});

test("a PostgreSQL server that goes away while the job writes stops it, and nothing is posted", async () => {
  const dataDir = temporaryFolder();
  const url = await server.newDatabase();
  const { database, deployment } = await stored(system, { dataDir, url })();
  let writes = 0;
  const abandoned: Database = {
    ...database,
    write: (action) =>
      database.write(async (sql) => {
        const result = await action(sql);
        if (++writes === 1) await server.stop();
        return result;
      }),
  };
  const attempt = run(async () => ({ database: abandoned, deployment }), dataDir);
  await expect(attempt).rejects.toMatchObject({ name: "StoreError", code: "unreadable" });
  await server.start();
  const distributor = { address: network.distributor, abi: iRewardDistributorAbi } as const;
  expect(await network.client.readContract({ ...distributor, functionName: "postCount" })).toBe(0n);
  await run(async () => ({ database, deployment }), dataDir);
  await expectPostedOnce();
}, 120_000);
