// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { type Hex, toHex } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import type { RunEpochParams } from "../../../service/epoch/post-or-propose.ts";
import { repeatRoot } from "../../../service/epoch/repeat.ts";
import { runEpoch } from "../../../service/epoch/run.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { cli } from "../helpers/cli.ts";
import { newFolder } from "../helpers/folder.ts";
import { stored } from "../helpers/stored.ts";
import {
  activate,
  BUDGET,
  confirm,
  deploySystem,
  endEpoch,
  ether,
  latestContent,
  pass,
  registerProver,
  type TestSystem,
  WINDOW,
  work,
} from "../helpers/system.ts";

let network: TestSystem;
let chain: Chain;
let system: System;
let params: RunEpochParams;
const folder = newFolder();
const STANDING = {
  root: `0x${"66".repeat(32)}`,
  datasetHash: `0x${"77".repeat(32)}`,
  total: ether(7),
} as const;

beforeAll(async () => {
  network = await deploySystem();
  chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  system = await readSystem(chain, network.distributor);
  params = {
    ...{ chain, system, store: fileStore(folder), version: "test", log: () => undefined },
    open: stored(system, { dataDir: folder }),
    signer: signerFor(chain, { from: network.publisher }),
  };
  const [ada] = network.accounts as [Hex];
  await registerProver(network, ada, ether(5_000), 1_000n);
  await work(network, ada, ether(30), 1n);
}, 60_000);

afterAll(() => {
  network?.anvil.stop();
  rmSync(folder, { recursive: true, force: true });
});

const send = (functionName: "postRoot" | "addSegment" | "veto", from: Hex, args: readonly unknown[]) =>
  confirm(
    network.client,
    network.client.writeContract({
      ...{ account: from, address: network.distributor, abi: iRewardDistributorAbi, functionName },
      args: args as never,
    }),
  );

const command = (...flags: string[]) =>
  cli(["epoch", "run", "--repeat", ...flags], {
    env: {
      PROVENDER_RPC_URL: network.anvil.rpcUrl,
      PROVENDER_DISTRIBUTOR: network.distributor,
      PROVENDER_DATA_DIR: folder,
    },
  });

// One chain and one story: each test goes on where the one before ended.
test("an epoch that can be computed is not posted with the root before it, whatever is asked", async () => {
  await endEpoch(network);
  await expect(repeatRoot(params)).rejects.toMatchObject({
    code: "refused",
    message: "epoch 0 can be computed: the leaves of the root before it are known",
    hint: "run it without --repeat",
  });
  const { snapshot } = (await runEpoch({ ...params, signer: undefined })).result.input;
  const { root, total, datasetHash } = STANDING;
  await send("postRoot", network.publisher, [0n, root, total, datasetHash, snapshot.number, snapshot.hash]);
  await activate(network);
});

test("after a root whose leaves nobody knows, the job stops and says how to go on", async () => {
  await endEpoch(network);
  await expect(runEpoch(params)).rejects.toMatchObject({
    code: "conflict",
    message: expect.stringContaining(`epoch 0 stands with root ${STANDING.root}`),
    hint: expect.stringContaining("post the same root again with --repeat"),
  });
});

test("the standing root is shown, posted once, and found posted", async () => {
  const dry = await repeatRoot({ ...params, signer: undefined });
  expect(dry).toMatchObject({ status: "dry-run", toPost: { epoch: 1, ...STANDING } });
  const posted = await repeatRoot(params);
  expect(posted).toMatchObject({ status: "posted", post: { epoch: 1, postNumber: 2n, root: STANDING.root } });
  expect(posted.toPost).toEqual(dry.toPost);
  expect(await repeatRoot(params)).toMatchObject({ status: "already-posted", post: { postNumber: 2n } });
  const { code, stdout } = await command("--json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    ...{
      status: "already-posted",
      repeated: true,
      epoch: 1,
      root: STANDING.root,
      total: String(STANDING.total),
    },
    post: { postNumber: "2" },
  });
  const lines = (await command()).stdout.split("\n");
  expect(lines).toContain(`root ${STANDING.root}, total 7 tokens (${STANDING.total} wei)`);
  expect(lines).toContain("epoch 1 is already posted with this root: nothing was changed");
});

/** What an auditor's command does about an epoch's post. */
const attest = (epoch: number, ...flags: string[]) =>
  cli(["attest", "--epoch", String(epoch), "--from", network.auditor, ...flags], {
    env: { PROVENDER_RPC_URL: network.anvil.rpcUrl, PROVENDER_DISTRIBUTOR: network.distributor },
  });

test("an auditor attests it if told that it is one, though its amounts cannot be judged", async () => {
  await network.client.mine({ blocks: 2 });
  const refused = await attest(1);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain("earlier-epoch: epoch 0: its root stands as");
  expect(refused.stdout).toContain("with total 7 tokens (7000000000000000000 wei)");
  expect(refused.stdout).toMatch(
    / until \S+Z \(in \d.*\); if nobody knows that, .*attest --epoch 1 --repeat/,
  );
  const attested = await attest(1, "--repeat");
  expect(attested.code).toBe(0);
  expect(attested.stdout).toContain("attested in transaction");
  expect((await attest(1, "--repeat")).stdout).toContain("already attested by this account");
  await pass(network, WINDOW + 1n);
});

test("nobody but the publisher posts it", async () => {
  await endEpoch(network);
  const signer = signerFor(chain, { from: network.guardian });
  await expect(repeatRoot({ ...params, signer })).rejects.toMatchObject({
    code: "refused",
    message: expect.stringContaining("only the publisher"),
  });
  await expect(repeatRoot({ ...params, proposal: { multisig: undefined } })).rejects.toMatchObject({
    message: expect.stringContaining("is an account with a key, and no multisig"),
  });
});

test("a root that differs in anything from what stands is attested by nobody", async () => {
  const { root, total } = STANDING;
  const { snapshot } = (await repeatRoot({ ...params, signer: undefined })).toPost;
  const other = `0x${"78".repeat(32)}`;
  await send("postRoot", network.publisher, [2n, root, total, other, snapshot.number, snapshot.hash]);
  await network.client.mine({ blocks: 2 });
  const { code, stdout } = await attest(2, "--repeat");
  expect(code).toBe(1);
  expect(stdout).toContain("not attested");
  await send("veto", network.guardian, [await latestContent(network)]);
});

test("from the policy segment on that continues from claimed amounts, epochs are computed again", async () => {
  const block = String((await network.client.getBlock()).number);
  const guards = { exclusions: [], feeMatchBps: null, minStake: "0" };
  const policy = { continuation: { block }, guards, id: "work", params: {}, version: 1 };
  await send("addSegment", network.owner, [5n, BUDGET, toHex(JSON.stringify(policy))]);
  for (const epoch of [2, 3, 4]) {
    expect(await repeatRoot(params)).toMatchObject({ status: "posted", toPost: { epoch, ...STANDING } });
    await activate(network);
    await endEpoch(network);
  }
  await expect(repeatRoot(params)).rejects.toMatchObject({
    message: expect.stringContaining("epoch 5 can be computed"),
  });
  const run = await runEpoch(params);
  expect(run).toMatchObject({ status: "posted", toPost: { epoch: 5, total: STANDING.total } });
  expect([...run.result.rows].map(({ cumulative }) => cumulative)).toEqual([0n]);
});
