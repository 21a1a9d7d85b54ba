// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { getAbiItem, toEventSelector } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { iProofMarketAbi, iProverRegistryAbi, iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { lower, readSystem, type System } from "../../../service/chain/system.ts";
import { PAYABLE, PackedLeaves } from "../../../service/core/packed-leaves.ts";
import { claimableRoot } from "../../../service/epoch/claims.ts";
import { claimAll } from "../../../service/epoch/pay-claims.ts";
import { requireUnchanged } from "../../../service/epoch/recheck.ts";
import { type EpochRun, runEpoch } from "../../../service/epoch/run.ts";
import type { OpenDatabase } from "../../../service/epoch/sources.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { getJob } from "../../../service/store/jobs.ts";
import type { Store } from "../../../service/store/store.ts";
import { lyingChain } from "../helpers/chain.ts";
import { newFolder } from "../helpers/folder.ts";
import { stored } from "../helpers/stored.ts";
import { storedArtifact } from "../helpers/stored-artifact.ts";
import {
  activate,
  BUDGET,
  confirm,
  deploySystem,
  endEpoch,
  ether,
  latestContent,
  miss,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

let network: TestSystem;
let chain: Chain;
let system: System;
let database: () => Promise<OpenDatabase>;
let ada: `0x${string}`;
let ben: `0x${string}`;
let cleo: `0x${string}`;
const folder = newFolder();
const store = fileStore(folder);

beforeAll(async () => {
  network = await deploySystem();
  chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  system = await readSystem(chain, network.distributor);
  database = stored(system, { dataDir: folder });
  [ada, ben, cleo] = network.accounts as [typeof ada, typeof ben, typeof cleo];
}, 60_000);

afterAll(() => {
  network?.anvil.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Options {
  readonly post?: boolean;
  readonly epoch?: number;
  readonly by?: `0x${string}`;
  readonly on?: Chain;
  readonly from?: Store;
  readonly open?: () => Promise<OpenDatabase>;
  readonly log?: (line: string) => void;
}

function run({
  post = false,
  epoch,
  by = network.publisher,
  on = chain,
  from = store,
  open = database,
  log = () => undefined,
}: Options): Promise<EpochRun> {
  const signer = post ? signerFor(chain, { from: by }) : undefined;
  return runEpoch({ chain: on, system, store: from, open, epoch, signer, version: "test", log });
}

const rowOf = ({ result }: EpochRun, prover: string) =>
  [...result.rows].find((row) => row.prover === lower(prover));

/** Keys of what the job has stored; the database is a copy of the chain. */
const kept = async () => (await store.list("")).filter((key) => !key.startsWith("provender.db"));

// One chain and one story: each test goes on where the one before ended.
describe("an epoch from its first request to its claims", () => {
  test("is not ready before it has ended", async () => {
    await registerProver(network, ada, ether(5_000), 1_000n);
    await registerProver(network, ben, ether(2_000), 0n);
    await expect(run({})).rejects.toMatchObject({ code: "not-ready" });
  });

  test("pays by counted work up to what stakes allow, and shows it without storing or sending anything", async () => {
    await work(network, ada, ether(30), 1n);
    await work(network, ben, ether(10), 2n);
    // Proven before at a higher fee: paid, and counted as nothing.
    await work(network, ben, ether(20), 1n);
    await miss(network, ben, ether(5));
    // From now on the rate is lower, but this epoch bears the one at registration.
    const change = network.client.writeContract({
      account: ada,
      address: network.registry,
      abi: iProverRegistryAbi,
      functionName: "setCommission",
      args: [network.distributor, 500n],
    });
    await confirm(network.client, change);
    await endEpoch(network);
    await registerProver(network, cleo, ether(1_000), 0n);

    const dry = await run({});
    expect(dry.status).toBe("dry-run");
    expect(dry.result.input.epoch).toBe(0);
    expect(rowOf(dry, ada)).toMatchObject({
      work: ether(30) * 10_000n,
      commissionBps: 1_000,
      limitedBy: "stake",
    });
    const { stake, amount } = rowOf(dry, ada) ?? { stake: 0n, amount: 0n };
    expect(amount).toBe(stake / 10n);
    expect(rowOf(dry, ben)).toMatchObject({
      work: ether(10) * 10_000n,
      fulfilments: 2,
      misses: 1,
      fees: ether(30),
      protocolFees: ether(1),
    });
    // Registered after the epoch: not in it.
    expect(rowOf(dry, cleo)).toBeUndefined();
    expect(await kept()).toEqual([]);
    const count = await network.client.readContract({
      address: network.distributor,
      abi: iRewardDistributorAbi,
      functionName: "postCount",
    });
    expect(count).toBe(0n);
  });

  test("is the same whenever it is computed", async () => {
    const first = await run({});
    await network.client.mine({ blocks: 5, interval: 10 });
    expect((await run({})).datasetHash).toBe(first.datasetHash);
  });

  test("is refused with the name of the log that an endpoint leaves out", async () => {
    const omit = (topic: string, index: number) =>
      lyingChain(network.anvil.rpcUrl, (logs) => {
        const hit = logs.filter((log) => log.topics[0] === topic)[index];
        return logs.filter((log) => log !== hit);
      });
    const topicOf = async (match: (log: { address: string; topics: readonly string[] }) => boolean) => {
      let found = "";
      const spy = lyingChain(network.anvil.rpcUrl, (logs) => {
        found ||= logs.find(match)?.topics[0] ?? "";
        return logs;
      });
      await run({ on: spy, open: stored(system) });
      return found;
    };
    const vault = await network.client.readContract({
      address: network.registry,
      abi: iProverRegistryAbi,
      functionName: "vaultOf",
      args: [ada],
    });
    const ofVault = await topicOf(({ address }) => lower(address) === lower(vault));
    const fulfilled = toEventSelector(getAbiItem({ abi: iProofMarketAbi, name: "Fulfilled" }));
    const runOn = (liar: Chain) => run({ on: liar, open: stored(system) });
    await expect(runOn(omit(fulfilled, 1))).rejects.toMatchObject({
      code: "inconsistent",
      message: expect.stringMatching(/^epoch 0: fulfilment 2 is missing from the logs before block \d+$/),
    });
    await expect(runOn(omit(fulfilled, 2))).rejects.toMatchObject({
      code: "inconsistent",
      message: "epoch 0: fulfilment 3 of 3 is missing from the logs",
    });
    await expect(runOn(omit(ofVault, 0))).rejects.toMatchObject({
      code: "inconsistent",
      message: expect.stringMatching(
        /^vault 0x[0-9a-f]{40}: a change of active assets is missing from the logs/,
      ),
    });
  });

  test("is posted by the publisher only", async () => {
    await expect(run({ post: true, by: ada })).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("only the publisher"),
    });
    expect(await kept()).toEqual([]);
  });

  test("is posted once: running again changes nothing and says so", async () => {
    const posted = await run({ post: true });
    expect(posted).toMatchObject({
      status: "posted",
      post: { epoch: 0, postNumber: 1n, root: posted.result.root },
    });
    const again = await run({ post: true });
    expect(again).toMatchObject({ status: "already-posted", datasetHash: posted.datasetHash });
    const count = await network.client.readContract({
      address: network.distributor,
      abi: iRewardDistributorAbi,
      functionName: "postCount",
    });
    expect(count).toBe(1n);
    expect((await storedArtifact(store, posted.datasetHash))?.artifact.root).toBe(posted.result.root);
    expect(await getJob(store, { ...system, epoch: 0 })).toMatchObject({
      step: "posted",
      transaction: posted.transaction ?? null,
      postNumber: 1n,
    });
  });

  test("puts a lost artifact back when it is run again", async () => {
    const elsewhere = newFolder();
    try {
      const empty = fileStore(elsewhere);
      const again = await run({ post: true, from: empty });
      expect(again.status).toBe("already-posted");
      expect((await storedArtifact(empty, again.datasetHash))?.bytes).toEqual(
        (await storedArtifact(store, again.datasetHash))?.bytes,
      );
    } finally {
      rmSync(elsewhere, { recursive: true, force: true });
    }
  });

  test("can be claimed once its root is active, and no second time", async () => {
    const sources = { chain, system, store, open: database };
    await expect(claimableRoot(sources)).rejects.toMatchObject({ code: "not-ready" });
    await activate(network);
    const signer = signerFor(chain, { from: cleo });
    const [batch] = await claimAll(sources, signer, () => undefined);
    const root = await claimableRoot(sources);
    const leaves = new PackedLeaves(root.tree.entries, PAYABLE);
    const earned = [...leaves].reduce((sum, { cumulative }) => sum + cumulative, 0n);
    expect(batch?.paid.reduce((sum, { amount }) => sum + amount, 0n)).toBe(earned);
    expect(batch?.skipped).toEqual([]);
    expect(await claimAll(sources, signer, () => undefined)).toEqual([]);
  });

  test("is continued by the next epoch, which offers what the first did not pay", async () => {
    await work(network, ada, ether(40), 1n);
    await endEpoch(network);
    const before = await run({ epoch: 0 });
    const next = await run({});
    expect(next.result.input).toMatchObject({ epoch: 1, budget: BUDGET, carry: before.result.carry });
    // The excess over what was counted for this statement.
    expect(rowOf(next, ada)).toMatchObject({ work: ether(10) * 10_000n, commissionBps: 500 });
    expect(rowOf(next, ben)).toMatchObject({ amount: 0n, cumulative: rowOf(before, ben)?.amount });
  });

  test("is compared once more, before its root is posted, with what the contracts hold", async () => {
    const { input } = (await run({})).result;
    const sources = { chain, system, ...(await database()) };
    await requireUnchanged(sources, input);
    await expect(requireUnchanged(sources, { ...input, carry: input.carry + 1n })).rejects.toMatchObject({
      code: "inconsistent",
      message: `epoch 1 has a carry of ${input.carry + 1n} by the logs; the distributor holds ${input.carry}`,
    });
    const fulfilments = { ...input.fulfilments, count: input.fulfilments.count + 1 };
    await expect(requireUnchanged(sources, { ...input, fulfilments })).rejects.toMatchObject({
      code: "inconsistent",
      message: expect.stringContaining("epoch 1 was computed from 2 fulfilments"),
    });
  });

  test("is recomputed from the chain where no artifact is at hand", async () => {
    const other = newFolder();
    const kept = await run({});
    const rebuilt = await run({ from: fileStore(other) });
    rmSync(other, { recursive: true, force: true });
    expect(rebuilt.datasetHash).toBe(kept.datasetHash);
    const sources = { chain, system, store: fileStore(other), open: database };
    const { entries } = (await claimableRoot(sources)).tree;
    expect(new PackedLeaves(entries, PAYABLE)).toHaveLength(2);
  });

  test("is posted once even if the job is stopped and started before the transaction is mined", async () => {
    const { client } = network;
    await client.setAutomine(false);
    const stopped = run({ post: true });
    while ((await getJob(store, { ...system, epoch: 1 }))?.step !== "sent") {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const lines: string[] = [];
    const restarted = run({ post: true, log: (line) => lines.push(line) });
    while (!lines.some((line) => line.includes("which an earlier run sent"))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.mine({ blocks: 1 });
    await client.setAutomine(true);
    const [first, second] = await Promise.all([stopped, restarted]);
    expect(second.transaction).toBe(first.transaction);
    expect(second.post).toMatchObject({ epoch: 1, postNumber: 2n });
  });

  test("is not posted before the root of the one before is active", async () => {
    await endEpoch(network);
    const dry = await run({});
    expect(dry.result.input.epoch).toBe(2);
    expect(dry.previousActive).toBe(false);
    await expect(run({ post: true })).rejects.toMatchObject({
      code: "not-ready",
      message: expect.stringContaining("0 of 1 attestations"),
    });
  });

  test("ends in a loud stop if another root is posted for it", async () => {
    await activate(network);
    const { snapshot } = (await run({})).result.input;
    const { total } = (await claimableRoot({ chain, system, store, open: database })).post;
    const posting = network.client.writeContract({
      account: network.publisher,
      address: network.distributor,
      abi: iRewardDistributorAbi,
      functionName: "postRoot",
      args: [2n, `0x${"66".repeat(32)}`, total, `0x${"77".repeat(32)}`, snapshot.number, snapshot.hash],
    });
    await confirm(network.client, posting);
    for (const post of [false, true]) {
      await expect(run({ post, epoch: 2 })).rejects.toMatchObject({
        code: "conflict",
        message: expect.stringContaining("ANOTHER ROOT IS POSTED for epoch 2"),
      });
    }
  });

  test("is posted anew after a veto", async () => {
    const veto = network.client.writeContract({
      account: network.guardian,
      address: network.distributor,
      abi: iRewardDistributorAbi,
      functionName: "veto",
      args: [await latestContent(network)],
    });
    await confirm(network.client, veto);
    expect(await run({ post: true })).toMatchObject({ status: "posted", post: { epoch: 2, postNumber: 4n } });
  });
});
