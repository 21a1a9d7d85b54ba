// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { http, parseGwei } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { readDistributor } from "../../../service/chain/distributor.ts";
import { type Limits, signerFor } from "../../../service/chain/signer.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import { type EpochRun, runEpoch } from "../../../service/epoch/run.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { getJob } from "../../../service/store/jobs.ts";
import { fakeChain } from "../helpers/chain.ts";
import { newFolder } from "../helpers/folder.ts";
import { stored } from "../helpers/stored.ts";
import { storedArtifact } from "../helpers/stored-artifact.ts";
import {
  activate,
  confirm,
  deploySystem,
  endEpoch,
  ether,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

let network: TestSystem;
let chain: Chain;
let system: System;
let epoch = 0;
const folders: string[] = [];

beforeAll(async () => {
  network = await deploySystem();
  chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  system = await readSystem(chain, network.distributor);
  const [ada] = network.accounts as [`0x${string}`];
  await registerProver(network, ada, ether(5_000), 1_000n);
  await work(network, ada, ether(30), 1n);
  await endEpoch(network);
}, 60_000);

beforeEach(async () => {
  if (epoch === 0) return;
  await activate(network);
  await endEpoch(network);
});

afterAll(() => {
  network?.anvil.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Instance {
  readonly ended: Promise<EpochRun>;
  readonly lines: readonly string[];
  readonly store: ReturnType<typeof fileStore>;
  /** Once it has said so. */
  readonly says: (text: string) => Promise<void>;
}

/** A job on a machine of its own, with the publisher's key. */
function instance(limits: Limits = {}, on = chain): Instance {
  const folder = newFolder();
  folders.push(folder);
  const store = fileStore(folder);
  const lines: string[] = [];
  const ended = runEpoch({
    ...{ chain: on, system, store, open: stored(system, { dataDir: folder }), epoch, version: "test" },
    signer: signerFor(on, { from: network.publisher, ...limits }),
    log: (line) => lines.push(line),
  });
  ended.catch(() => undefined);
  const early = ended.then(() => {
    throw new Error("it ended without");
  });
  const heard = (text: string) =>
    vi.waitFor(() => expect(lines.join("\n")).toContain(text), { timeout: 15_000 });
  const says = (text: string) => Promise.race([heard(text), early]);
  return { ended, lines, store, says };
}

/** An endpoint that counts transactions in its own way. */
function counting(which: "latest" | "pending"): Chain {
  const real = http(network.anvil.rpcUrl, { retryCount: 0 })({});
  return fakeChain(({ method, params }) => {
    const [address] = (params ?? []) as unknown[];
    const counts = method === "eth_getTransactionCount";
    return real.request({ method, params: counts ? [address, which] : params } as never);
  });
}

const nonce = () => network.client.getTransactionCount({ address: network.publisher });
const postCount = () =>
  network.client.readContract({
    address: network.distributor,
    abi: iRewardDistributorAbi,
    functionName: "postCount",
  });

/** The first has posted, the second has noticed, and either could serve what is posted. */
async function expectOnePost(first: Instance, second: Instance): Promise<void> {
  const [posted, noticed] = await Promise.all([first.ended, second.ended]);
  expect(posted).toMatchObject({ status: "posted", post: { epoch } });
  expect(noticed).toMatchObject({ status: "already-posted", post: posted.post, transaction: undefined });
  expect(second.lines).toContain(`another instance posted the same root for epoch ${epoch}`);
  expect(await postCount()).toBe(BigInt(++epoch));
  for (const { store } of [first, second]) {
    expect((await storedArtifact(store, posted.datasetHash))?.artifact.root).toBe(posted.result.root);
    expect(await getJob(store, { ...system, epoch: epoch - 1 })).toMatchObject({
      step: "posted",
      postNumber: posted.post?.postNumber,
    });
  }
}

// One chain and one story: each test posts the next epoch.
describe("two instances with one key", () => {
  test("post once: the second waits for the first's transaction, and sends none", async () => {
    await network.client.setAutomine(false);
    const first = instance();
    await first.says("sent transaction");
    const second = instance();
    await second.says("sent elsewhere: 1");
    await network.client.mine({ blocks: 1 });
    await network.client.setAutomine(true);
    await expectOnePost(first, second);
    expect(await nonce()).toBe(1);
  });

  test("post once if both choose the same nonce: the second finds its own taken", async () => {
    await network.client.setAutomine(false);
    const first = instance();
    await first.says("sent transaction");
    // With the same fees it would be the same transaction.
    const { baseFeePerGas } = await network.client.getBlock();
    const second = instance({ maxFee: (baseFeePerGas ?? 0n) + 1n }, counting("latest"));
    await second.says("sent transaction");
    await network.client.mine({ blocks: 1 });
    await network.client.setAutomine(true);
    await expectOnePost(first, second);
    expect(await nonce()).toBe(2);
  });

  test("post once if the second takes the next nonce: its transaction reverts", async () => {
    await network.client.setAutomine(false);
    const first = instance();
    await first.says("sent transaction");
    const second = instance({}, counting("pending"));
    await second.says("sent transaction");
    await network.client.mine({ blocks: 1 });
    await network.client.setAutomine(true);
    await expectOnePost(first, second);
    expect(await nonce()).toBe(4);
  });

  test("alarm if what was mined instead of theirs is another root", async () => {
    await network.client.setAutomine(false);
    const job = instance();
    await job.says("sent transaction");
    const { client, publisher, distributor } = network;
    const { number, hash } = await client.getBlock({ blockTag: "finalized" });
    const { active } = await readDistributor(chain.client, system);
    const total = active?.total ?? 0n;
    const posting = client.writeContract({
      account: publisher,
      address: distributor,
      abi: iRewardDistributorAbi,
      functionName: "postRoot",
      args: [BigInt(epoch), `0x${"66".repeat(32)}`, total, `0x${"77".repeat(32)}`, number, hash],
      nonce: await nonce(),
      gas: 500_000n,
      maxFeePerGas: parseGwei("500"),
      maxPriorityFeePerGas: parseGwei("100"),
    });
    await posting;
    await client.mine({ blocks: 1 });
    await client.setAutomine(true);
    await confirm(client, posting);
    await expect(job.ended).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(`ANOTHER ROOT IS POSTED for epoch ${epoch}`),
    });
  });
});
