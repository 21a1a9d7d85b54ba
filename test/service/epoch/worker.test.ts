// SPDX-License-Identifier: AGPL-3.0-only
import { rmSync } from "node:fs";
import { type Address, zeroHash } from "viem";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { iProofMarketAbi, iRewardDistributorAbi } from "../../../service/chain/abi.ts";
import { type Chain, connect } from "../../../service/chain/client.ts";
import { signerFor } from "../../../service/chain/signer.ts";
import { readSystem, type System } from "../../../service/chain/system.ts";
import { scheduleOf } from "../../../service/epoch/schedule.ts";
import { type Worker, type WorkerEvent, workerOf } from "../../../service/epoch/worker.ts";
import { fileStore } from "../../../service/store/file-store.ts";
import { newFolder } from "../helpers/folder.ts";
import { stored } from "../helpers/stored.ts";
import {
  activate,
  assign,
  confirm,
  deploySystem,
  endEpoch,
  ether,
  latestContent,
  pass,
  registerProver,
  type TestSystem,
  work,
} from "../helpers/system.ts";

let network: TestSystem;
let chain: Chain;
let system: System;
let worker: Worker;
let ada: Address;
const folder = newFolder();
const events: WorkerEvent[] = [];
const lines: string[] = [];

const said = () => events.map(({ kind }) => kind);
const market = () => ({ address: network.market, abi: iProofMarketAbi }) as const;

function newWorker(cron?: string): Worker {
  return workerOf({
    chain,
    system,
    store: fileStore(folder),
    open: stored(system, { dataDir: folder }),
    signer: signerFor(chain, { from: network.publisher }),
    version: "test",
    tasks: ["job", "claim", "expire"],
    schedule: cron === undefined ? undefined : scheduleOf(cron),
    log: (line) => lines.push(line),
    onEvent: (event) => events.push(event),
  });
}

beforeAll(async () => {
  network = await deploySystem();
  chain = await connect({ rpcUrl: network.anvil.rpcUrl });
  system = await readSystem(chain, network.distributor);
  ada = network.accounts[0] as Address;
  await registerProver(network, ada, ether(5_000), 1_000n);
  worker = newWorker();
}, 60_000);

beforeEach(() => {
  events.length = 0;
  lines.length = 0;
});

afterAll(() => {
  network?.anvil.stop();
  rmSync(folder, { recursive: true, force: true });
});

// One chain and one story: each test goes on where the one before ended.
describe("a worker's rounds", () => {
  test("do nothing while nothing is due", async () => {
    await work(network, ada, ether(30), 1n);
    await worker.round();
    expect(events).toEqual([]);
  });

  test("end a request whose deadline has passed, and take the bond of a bid that was not revealed", async () => {
    const { client, owner } = network;
    const parameters = await client.readContract({ ...market(), functionName: "parameters" });
    const changed = { ...parameters, bond: ether(1) };
    await confirm(
      client,
      client.writeContract({ ...market(), account: owner, functionName: "setParameters", args: [changed] }),
    );
    const missed = await assign(network, ada, ether(5), 2n);
    const sealed = await openAndCommit();
    await pass(network, 601n);
    // Blocks that are not final yet do not count.
    await client.mine({ blocks: 3, interval: 1 });
    await worker.round();
    expect(events).toEqual([{ kind: "expired", requests: 3 }]);
    const statusOf = async (id: `0x${string}`) =>
      (await client.readContract({ ...market(), functionName: "requestOf", args: [id] })).status;
    expect(await statusOf(missed)).toBe(3);
    expect(await statusOf(sealed)).toBe(4);
    events.length = 0;
    await client.mine({ blocks: 3, interval: 1 });
    await worker.round();
    expect(events).toEqual([]);
  });

  test("post an epoch that has ended, once", async () => {
    await network.client.increaseTime({ seconds: 3_000 });
    await endEpoch(network);
    await worker.round();
    expect(events).toMatchObject([{ kind: "posted", run: { status: "posted" } }]);
    await worker.round();
    await newWorker().round();
    expect(said()).toEqual(["posted"]);
  });

  test("wait for a schedule, if there is one", async () => {
    await activate(network);
    await endEpoch(network);
    const later = newWorker("0 0 1 1 *");
    await later.round();
    expect(said()).toEqual(["claimed"]);
    expect(() => scheduleOf("at noon")).toThrow("CronPattern");
  });

  test("pay provers once for each active root", async () => {
    await worker.round();
    // The scheduled worker has claimed; the epoch since then is posted.
    expect(said()).toEqual(["posted"]);
    await worker.round();
    expect(said()).toEqual(["posted"]);
  });

  test("leave a vetoed root to a person", async () => {
    const { client, distributor, guardian } = network;
    const distributing = { address: distributor, abi: iRewardDistributorAbi } as const;
    const content = await latestContent(network);
    const { postNumber } = content;
    await confirm(
      client,
      client.writeContract({
        ...distributing,
        account: guardian,
        functionName: "veto",
        args: [content],
      }),
    );
    await worker.round();
    await worker.round();
    expect(said()).toEqual(["failed", "failed"]);
    expect(events[0]).toMatchObject({ task: "job", error: { code: "vetoed" } });
    const latest = await client.readContract({ ...distributing, functionName: "latestPost" });
    expect(latest).toMatchObject({ postNumber, vetoed: true });
  });

  test("go on with the other tasks when one fails", async () => {
    await network.client.mine({ blocks: 3, interval: 1 });
    await openAndCommit();
    await pass(network, 700n);
    await network.client.mine({ blocks: 3, interval: 1 });
    await worker.round();
    expect(said()).toEqual(["failed", "expired"]);
  });
});

/** A request that somebody bids for and nobody reveals. */
async function openAndCommit(): Promise<`0x${string}`> {
  const { client, requester } = network;
  const { timestamp } = await client.getBlock();
  const { request, result: id } = await client.simulateContract({
    ...market(),
    account: requester,
    functionName: "request",
    args: [
      {
        programKey: `0x${"00".repeat(31)}07`,
        publicValuesDigest: zeroHash,
        verifierVersion: 1n,
        maxFee: ether(3),
        minStake: 0n,
        commitDuration: 60n,
        revealDuration: 60n,
        deadline: timestamp + 600n,
        inputUri: "",
      },
    ],
  });
  await confirm(client, client.writeContract(request));
  const commitment = `0x${"ab".repeat(32)}` as const;
  await confirm(
    client,
    client.writeContract({ ...market(), account: ada, functionName: "commit", args: [id, ada, commitment] }),
  );
  return id;
}
