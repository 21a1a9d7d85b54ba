// SPDX-License-Identifier: AGPL-3.0-only
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Address } from "viem";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import type { JobError } from "../../../service/epoch/errors.ts";
import type { RunEpochParams } from "../../../service/epoch/post-or-propose.ts";
import { artifactRestorer } from "../../../service/epoch/restore.ts";
import { runEpoch } from "../../../service/epoch/run.ts";
import { sync } from "../../../service/epoch/sync.ts";
import { buildApp } from "../../../service/http/app.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { getTreeHead } from "../../../service/store/trees.ts";
import { cli } from "../helpers/cli.ts";
import { newFolder, temporaryFolder } from "../helpers/folder.ts";
import { stored } from "../helpers/stored.ts";
import {
  activate,
  confirm,
  deploySystem,
  endEpoch,
  ether,
  latestContent,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

const PROVENDER = fileURLToPath(new URL("../../../service/cli/provender.mjs", import.meta.url));
const LONG = { timeout: 50_000, interval: 200 };

let network: TestSystem;
let chain: Chain;
let system: System;
let params: RunEpochParams;
const folder = newFolder();
const conflicts: JobError[] = [];
const lines: string[] = [];

const artifactsIn = (dataDir: string) =>
  new Map(
    readdirSync(join(dataDir, "artifacts"))
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => [name, readFileSync(join(dataDir, "artifacts", name), "utf8")]),
  );

beforeAll(async () => {
  network = await deploySystem();
  chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  system = await readSystem(chain, network.distributor);
  params = {
    ...{ chain, system, store: fileStore(folder), version: "test", log: () => undefined },
    open: stored(system, { dataDir: folder }),
    signer: signerFor(chain, { from: network.publisher }),
  };
  const [ada] = network.accounts as [Address];
  await registerProver(network, ada, ether(5_000), 1_000n);
  for (const statement of [1n, 2n, 3n]) {
    await work(network, ada, ether(30) * statement, statement);
    await endEpoch(network);
    await runEpoch(params);
    await activate(network);
  }
  await network.client.mine({ blocks: 3, interval: 1 });
}, 120_000);

beforeEach(() => {
  conflicts.length = 0;
  lines.length = 0;
});

afterAll(() => {
  network?.anvil.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A server's folder without a key, and what it does each time that it has read the chain. */
async function mirror(dataDir: string) {
  const open = await stored(system, { dataDir })();
  const store = fileStore(dataDir);
  const onConflict = (error: JobError) => conflicts.push(error);
  const restore = artifactRestorer({
    ...{ chain, system, ...open, store, onConflict, log: (line: string) => lines.push(line) },
  });
  return async () => {
    await sync({ ...{ chain, system, ...open, log: () => undefined }, to: "latest", check: true });
    await restore();
    return { store, database: open.database };
  };
}

// One chain and one story: each test goes on where the one before ended.
test("a lost data directory comes back whole by sync alone, byte for byte", async () => {
  const dataDir = temporaryFolder();
  const where = ["--rpc", network.anvil.rpcUrl, "--distributor", network.distributor, "--data-dir", dataDir];
  expect(await cli(["sync", ...where])).toMatchObject({ code: 0 });
  expect(artifactsIn(dataDir)).toEqual(artifactsIn(folder));
  expect(artifactsIn(dataDir).size).toBe(3);
});

test("what a server without a key has lost comes back while it runs, and is served again", async () => {
  const dataDir = temporaryFolder();
  const round = await mirror(dataDir);
  const { store, database } = await round();
  rmSync(join(dataDir, "artifacts"), { recursive: true });
  const status = async () => {
    throw new Error("not asked for");
  };
  const catchUp = async () => undefined;
  const troubles = async () => ({ found: [], overdue: 0, pending: 0 });
  const sources = { chain, system, store, database, catchUp, status, troubles };
  const app = await buildApp({ ...sources, version: "test", maxAge: 0 });
  try {
    expect((await app.inject("/ready")).json()).toMatchObject({ ready: false });
    lines.length = 0;
    await round();
    expect(lines.map((line) => line.replace(/0x\w+/, "#"))).toEqual(
      [0, 1, 2].map((epoch) => `made the artifact of epoch ${epoch}: #`),
    );
    expect(artifactsIn(dataDir)).toEqual(artifactsIn(folder));
    expect((await app.inject("/ready")).json()).toMatchObject({ ready: true });
    for (const epoch of [0, 1, 2]) {
      expect((await app.inject(`/v1/epochs/${epoch}/artifact`)).statusCode).toBe(200);
    }
    await round();
    expect(lines).toHaveLength(3);
  } finally {
    await app.close();
  }
  expect(conflicts).toEqual([]);
});

test("a data directory that is taken away while it is followed is made anew by the same process", async () => {
  const dataDir = temporaryFolder();
  const where = ["--rpc", network.anvil.rpcUrl, "--distributor", network.distributor, "--data-dir", dataDir];
  const child = spawn(process.execPath, [PROVENDER, "sync", "--watch", "--every", "1", ...where]);
  let said = "";
  child.stdout.on("data", (part) => {
    said += part;
  });
  child.stderr.on("data", (part) => {
    said += part;
  });
  const ended = once(child, "exit");
  try {
    await vi.waitFor(() => expect(said).toContain("is read, checked against"), LONG);
    rmSync(dataDir, { recursive: true });
    await vi.waitFor(() => expect(said).toContain("was taken away while it was in use"), LONG);
    await vi.waitFor(() => expect(artifactsIn(dataDir)).toEqual(artifactsIn(folder)), LONG);
    child.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
  } finally {
    child.kill("SIGKILL");
  }
});

test("a post that is not what the chain's inputs give is told of once, also by who only reads", async () => {
  const round = await mirror(temporaryFolder());
  await endEpoch(network);
  const { root, total, snapshot } = (await runEpoch({ ...params, signer: undefined })).toPost;
  const wrong = `0x${"77".repeat(32)}` as const;
  const post = (datasetHash: typeof wrong, posted: typeof root) =>
    confirm(
      network.client,
      network.client.writeContract({
        ...{ account: network.publisher, address: network.distributor, abi: iRewardDistributorAbi },
        functionName: "postRoot",
        args: [3n, posted, total, datasetHash, snapshot.number, snapshot.hash],
      }),
    );
  await post(wrong, root);
  await round();
  await round();
  expect(conflicts.map(({ message }) => message)).toEqual([
    expect.stringContaining("ANOTHER DATASET HASH IS POSTED for epoch 3, under the right root"),
  ]);
  const dataDir = temporaryFolder();
  const where = ["--rpc", network.anvil.rpcUrl, "--distributor", network.distributor, "--data-dir", dataDir];
  await cli(["sync", ...where]);
  // Under the right root, what claims need is there all the same.
  expect(await getTreeHead(fileStore(dataDir), wrong)).toMatchObject({ root });
  rmSync(join(dataDir, "artifacts"), { recursive: true });
  const { findings } = JSON.parse((await cli(["doctor", ...where, "--json"])).stdout);
  expect(findings).toContainEqual({
    check: "posts",
    level: "problem",
    message: expect.stringContaining("ANOTHER DATASET HASH IS POSTED for epoch 3"),
    hint: expect.stringContaining("veto it now"),
  });
  expect(findings).toContainEqual({
    check: "storage",
    level: "warning",
    message: "the artifacts of epochs 0, 1, 2 are not here",
    hint: expect.stringContaining("run `provender sync`"),
  });
  expect(existsSync(join(dataDir, "artifacts"))).toBe(false);
  await confirm(
    network.client,
    network.client.writeContract({
      ...{ account: network.guardian, address: network.distributor, abi: iRewardDistributorAbi },
      ...{ functionName: "veto", args: [await latestContent(network)] },
    }),
  );
  await round();
  expect(conflicts).toHaveLength(1);
  await post(wrong, wrong);
  await round();
  expect(conflicts.map(({ message }) => message)[1]).toContain("ANOTHER ROOT IS POSTED for epoch 3");
});
